#!/usr/bin/env bash
# Sets up what is missing, builds and tests.
#   bash tests/run.sh          everything
#   bash tests/run.sh NAME…    unit | vectors | simulation | process | browser | sanitizers | threads | fuzz | interop
# LAMA_VECTORS names another folder of vectors, ONE_PEER a folder with an installed stock peer (docs/interop.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. apps/packages.sh

suites=("$@")
[ ${#suites[@]} -eq 0 ] && suites=(unit simulation process browser sanitizers fuzz interop)

failed=()
# In a subshell: a build that fails ends its suite, not the run.
attempt() {
  say "suite: $1"
  ("$1")
}
unit() {
  ctest --test-dir build/release --output-on-failure --timeout 300 -j2 -L unit
}
vectors() {
  ctest --test-dir build/release --output-on-failure --timeout 300 -R '[Vv]ectors' -j2 -L unit
}
simulation() {
  ctest --test-dir build/release --output-on-failure --timeout 600 -L simulation
}
process() {
  python3 -m unittest discover -v -s tests/process -t . -p '*_test.py'
}
# The page in Debian's Chromium, its client and its parts, against real nodes; Node.js 18 or later, as for building the page.
browser() {
  install_missing chromium fonts-dejavu-core
  if [ ! -f apps/web/dist/index.html ]; then
    say "there is no page to test: building it failed or was left out (the messages above say why)"
    return 1
  fi
  page_packages || return 1
  cd apps/web || return 1
  npm run check && npm test && npm run browser
}
# What has no CAF in it: every protocol machine, the store, sockets and HTTP. (The actors run in the simulator, one thread a world.)
sanitizers() {
  build asan+ubsan -DLAMA_CAF=OFF -DLAMA_BENCHMARKS=OFF -- all
  ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1 \
    ctest --test-dir build/asan+ubsan --output-on-failure --timeout 900 -j2
}
# Sockets and HTTP under the thread sanitizer; not part of a run without names.
threads() {
  build tsan -DLAMA_BENCHMARKS=OFF -- unit_net
  TSAN_OPTIONS=halt_on_error=1 build/tsan/tests/unit_net
}
fuzz() {
  build fuzz -- fuzzers
  bash tests/fuzz/run.sh build/fuzz "${FUZZ_SECONDS:-60}"
}
interop() {
  if [ -z "${ONE_PEER:-}" ]; then
    say "interop left out: ONE_PEER does not name an installed stock peer (docs/interop.md)"
    return 0
  fi
  python3 -m unittest discover -v -s tests/interop -t . -p '*_test.py'
}

install_missing "${build_packages[@]}" "${test_packages[@]}"
# Only the browser needs the page; without it a node serves a plain one.
if [[ " ${suites[*]} " == *" browser "* ]]; then
  build_page
fi
for suite in "${suites[@]}"; do
  case $suite in
  unit | vectors | simulation | process | browser | interop) build release -- all ;;
  sanitizers | threads | fuzz) ;;
  *) die "no suite is called '$suite'; there are: unit vectors simulation process browser sanitizers threads fuzz interop" ;;
  esac
  attempt "$suite" || failed+=("$suite")
done
if [ ${#failed[@]} -gt 0 ]; then
  die "failed: ${failed[*]}"
fi
say "all suites passed: ${suites[*]}"
