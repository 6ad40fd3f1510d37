# Installs the Debian packages that are missing: one apt call, named before it runs. Sourced by apps/run.sh and tests/run.sh.
# Set LAMA_NO_INSTALL=1 to be told instead.

say() {
  printf '\033[1m==> %s\033[0m\n' "$*"
}

die() {
  printf '\033[31m==> %s\033[0m\n' "$*" >&2
  exit 1
}

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config
  libcaf-dev libboost1.81-dev libssl-dev libsodium-dev libleveldb-dev nlohmann-json3-dev libutf8proc-dev libzstd-dev
  libcli11-dev libtomlplusplus-dev libspdlog-dev libqrencode-dev
)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev clang libclang-rt-14-dev python3)

install_missing() {
  local missing=()
  local name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get here to install them: ${missing[*]}"
  [ -n "${LAMA_NO_INSTALL:-}" ] && die "please install: apt-get install ${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "not root and no sudo; please run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq || die "apt-get update failed: is the network there?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install them; the message above says why"
}

# build PRESET [CMAKE-ARGUMENT…] -- TARGET…
build() {
  local preset=$1
  shift
  local arguments=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  [ $# -gt 0 ] && shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    cmake --preset "$preset" "${arguments[@]}" >"/tmp/lama-configure-$$.log" 2>&1 || {
      cat "/tmp/lama-configure-$$.log"
      die "CMake could not configure; the message above says what is missing"
    }
    rm -f "/tmp/lama-configure-$$.log"
  fi
  say "building build/$preset ${*:-all}"
  cmake --build "build/$preset" --target "${@:-all}" || die "the build failed; the first error above is the one to look at"
}
