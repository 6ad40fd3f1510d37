#!/usr/bin/env bash
# Runs every fuzz target for so many seconds from its committed corpus: run.sh BUILD-FOLDER SECONDS
set -euo pipefail
build=$1
seconds=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
for target in "$build"/tests/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "$work/$name"
  printf '==> %s for %s s\n' "$name" "$seconds"
  "$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$work/" -print_final_stats=0 "$work/$name" \
    $([ -d "$here/corpus/$name" ] && echo "$here/corpus/$name") >"$work/$name.log" 2>&1 || {
    tail -40 "$work/$name.log"
    printf '%s found a fault; its input is above (base64)\n' "$name"
    exit 1
  }
  tail -1 "$work/$name.log"
  passed=$((passed + 1))
done
printf '%s passed, 0 failed\n' "$passed"
