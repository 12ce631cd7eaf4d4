# Shared by the scripts beside it; sourced, not run.
# LEX_CACHE (default: the user's cache folder) keeps what takes long to build, outside the clone.

set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LEX_CACHE=${LEX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lex}
export LEX_CACHE
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

tools=$LEX_CACHE/tools
host_target=$LEX_CACHE/target/host
contracts_target=$LEX_CACHE/target/contracts
chain_target=$LEX_CACHE/target/chain
cargo_contract_version=6.0.0-beta.2
cargo_llvm_cov_version=0.9.1
PATH=$tools/bin:$PATH

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

can_install() { has apt-get && [ "$(id -u)" = 0 ]; }
packages_are_listed=
list_packages() {
    [ -n "$packages_are_listed" ] || apt-get update -qq
    packages_are_listed=yes
}
install_packages() {
    say "installing Debian packages: $*"
    list_packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

# Starts a command beside the script, in a process group of its own that ends with the script;
# `finished` waits for it and fails if it failed.
in_background() {
    set -m
    "$@" &
    background=$!
    set +m
    trap 'kill -- "-$background" 2>/dev/null || true' EXIT
}
finished() {
    wait "$background"
    trap - EXIT
}

# The name of a folder's content: any change of a file below the given paths changes it, but for
# documents.
content_key() {
    (cd "$repo" && find "$@" \( -name target -o -name node_modules -o -name out -o -name cache -o -name '*.md' \) -prune \
        -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# All clones share the targets, and cargo takes a source that is older than what was built for
# unchanged. So a clone that builds after another one makes its own sources new first, or it would get
# the other's programs.
claim_targets() {
    local claim=$LEX_CACHE/target/clone
    [ "$(cat "$claim" 2>/dev/null)" != "$repo" ] || return 0
    find "$repo"/{chain,cli,contracts,indexer,relayer,tests} \( -name target -o -name node_modules \) -prune \
        -o \( -name '*.rs' -o -name '*.sql' -o -path '*/abi/*.json' \) -exec touch {} +
    mkdir -p "$LEX_CACHE/target"
    printf '%s\n' "$repo" >"$claim"
}

# Whether rustup's own toolchain can build for PolkaVM and WebAssembly.
rustup_is_complete() {
    has rustup || return 1
    local components targets
    components=$(rustup component list --installed 2>/dev/null) || return 1
    targets=$(rustup target list --installed 2>/dev/null) || return 1
    grep -q '^rust-src' <<<"$components" && grep -q '^wasm32v1-none' <<<"$targets"
}

# Whether Debian's compiler, with its library sources, can do the same.
debian_rust_is_complete() {
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/clippy-driver ] && [ -d /usr/lib/rustlib/src/rust/library ] \
        && ls /usr/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib >/dev/null 2>&1
}

# Runs a command with the toolchain that has the library sources.
with_library_sources() {
    if debian_rust_is_complete; then
        PATH=/usr/bin:$PATH "$@"
    elif rustup_is_complete; then
        "$@"
    else
        fail "no Rust with library sources and the wasm32v1-none target; run scripts/setup"
    fi
}
