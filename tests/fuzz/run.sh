#!/usr/bin/env bash
# Runs every fuzz target for so many seconds from its committed corpus, two at a time: run.sh BUILD-FOLDER SECONDS
# The seed is fixed, so that a run that fails fails again; FUZZ_SEED=0 takes a fresh one, for long runs by hand.
set -euo pipefail
build=$1
export seconds=$2 seed=${FUZZ_SEED:-1}
export here work
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run_one() {
  local name
  name=$(basename "$1")
  mkdir -p "$work/$name"
  # With so many features as a merge has, libFuzzer's weighing of inputs by rarity takes two thirds of the time: without it there are four times the runs.
  local weigh=1
  [ "$name" = merge_fuzz ] && weigh=0
  "$1" -seed="$seed" -entropic="$weigh" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$work/" "$work/$name" \
    $([ -d "$here/corpus/$name" ] && echo "$here/corpus/$name") >"$work/$name.log" 2>&1 || {
    tail -40 "$work/$name.log"
    printf '%s found a fault; its input is above (base64)\n' "$name"
    return 1
  }
  printf '==> %s: %s\n' "$name" "$(tail -1 "$work/$name.log")"
}
export -f run_one

targets=("$build"/tests/fuzz/*_fuzz)
printf '==> %s targets, %s s each\n' "${#targets[@]}" "$seconds"
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P 2 bash -c 'run_one "$1"' run_one
printf '%s passed, 0 failed\n' "${#targets[@]}"
