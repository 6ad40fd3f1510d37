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
  libcaf-dev libboost1.81-dev libssl-dev libsodium-dev libleveldb-dev nlohmann-json3-dev libutf8proc-dev libzstd-dev libjemalloc-dev
  libcli11-dev libtomlplusplus-dev libspdlog-dev libqrencode-dev libvalijson-dev prometheus-cpp-dev brotli
)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev clang libclang-rt-14-dev python3 json-schema-test-suite)

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

# What the page is built and tested with, from the npm registry; again only after package-lock.json has changed. A registry that does not answer ends this, in minutes.
page_packages() {
  local done_before=apps/web/node_modules/.lama-lock
  cmp -s apps/web/package-lock.json "$done_before" && return 0
  say "installing the page's npm packages"
  (cd apps/web && timeout 540 npm ci --no-audit --no-fund --loglevel=error --fetch-retries=2 --fetch-timeout=60000) || {
    say "npm ci in apps/web failed (the messages above say why): is the npm registry in reach?"
    return 1
  }
  cp apps/web/package-lock.json "$done_before"
}

# The page into apps/web/dist, where Node.js 18 or later is there (or may be installed); without it the node is built without its page. A stamp of what it
# was built from keeps a second run from building again. LAMA_NO_PAGE=1 leaves it out.
build_page() {
  [ -f apps/web/package.json ] && [ -z "${LAMA_NO_PAGE:-}" ] || return 0
  local stamp=build/page.stamp
  local sources
  sources=$(find apps/web -type f -not -path '*/node_modules/*' -not -path 'apps/web/dist/*' -not -path '*/test-results/*' -not -path 'apps/web/e2e/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
  if [ -f apps/web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sources" ]; then
    return 0
  fi
  command -v node >/dev/null || install_missing nodejs
  command -v npm >/dev/null || install_missing npm # some packages of Node.js bring it, and refuse Debian's own beside them
  local version
  version=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
  if [ "${version:-0}" -lt 18 ]; then
    say "the page is left out: it needs Node.js 18 or later, and this is ${version:-none}"
    return 0
  fi
  say "building the page"
  if ! (page_packages && cd apps/web && npm run build); then
    rm -rf apps/web/dist "$stamp"
    say "the page could not be built (the messages above say why); the node is built without it and works from the command line"
    return 0
  fi
  mkdir -p build
  printf '%s\n' "$sources" >"$stamp"
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
