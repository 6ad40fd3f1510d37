#!/usr/bin/env bash
# Sets up what is missing, builds, and starts the node: bash apps/run.sh [ARGUMENTS OF lama run…]
set -euo pipefail
cd "$(dirname "$0")/.."
. apps/packages.sh

install_missing "${build_packages[@]}"
build_page
build release -- lama
say "starting: build/release/apps/lama run $*"
exec build/release/apps/lama run "$@"
