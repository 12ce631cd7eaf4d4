# Shared by the scripts beside it; sourced, not run.
# LEX_CACHE (default: the user's cache folder) keeps what takes long to build, outside the clone.

set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LEX_CACHE=${LEX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lex}
export LEX_CACHE
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

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

duration() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# step NAME USUALLY COMMAND...: runs a command with its output in a log, and says how long it takes
# (USUALLY, in seconds on two cores, until it has run here), every half minute how far it is, and how
# it went. When it fails, the log's end is shown and the script ends.
step() {
    local name=$1 expected=$2 status=0 began=$SECONDS shown=$SECONDS
    shift 2
    local key=${name//[^a-zA-Z0-9]/-}
    local log=$LEX_CACHE/log/$key.log times=$LEX_CACHE/times/$key
    mkdir -p "$LEX_CACHE/log" "$LEX_CACHE/times"
    [ ! -s "$times" ] || expected=$(cat "$times")
    say "$name (about $(duration "$expected"))"
    in_background "$@" >"$log" 2>&1
    while kill -0 "$background" 2>/dev/null; do
        sleep 0.2
        ((SECONDS - shown < 30)) || { shown=$SECONDS; how_far "$log" $((SECONDS - began)); }
    done
    finished || status=$?
    if ((status)); then
        tail -n 60 "$log" >&2
        fail "$name failed; the whole output is in $log"
    fi
    echo $((SECONDS - began)) >"$times"
    printf '    %s: done in %s%s\n' "$name" "$(duration $((SECONDS - began)))" "$(tests_in "$log")" >&2
}

how_far() {
    local crates doing
    crates=$(grep -cE '^ *(Compiling|Checking) ' "$1") || true
    if ((crates)); then doing="$crates crates compiled"; else doing=$(tail -n 1 "$1" | cut -c1-80); fi
    printf '    %s: %s\n' "$(duration "$2")" "${doing:-working}" >&2
}

# How many tests a log's runners counted: cargo's, forge's.
tests_in() {
    local passed
    passed=$(sed -nE 's/^test result: ok\. ([0-9]+) passed.*/\1/p; s/.*Suite result: ok\. ([0-9]+) passed.*/\1/p' "$1" |
        awk '{ sum += $1 } END { print sum + 0 }')
    if ((passed)); then
        echo "$passed" >>"$LEX_CACHE/log/passed"
        printf ', %d tests passed' "$passed"
    fi
}

can_install() { has apt-get && [ "$(id -u)" = 0 ]; }
packages_are_listed=
list_packages() {
    [ -n "$packages_are_listed" ] || apt-get update -qq
    packages_are_listed=yes
}
install_packages() {
    say "installing Debian packages: $*"
    list_packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "apt could not install them; on Debian 12 its sources have to include bookworm-updates and bookworm-security"
}

# What is done when the script ends, however it does.
at_exit=()
background=
ending() {
    [ -z "$background" ] || kill -- "-$background" 2>/dev/null || true
    local command
    for command in "${at_exit[@]}"; do "$command"; done
}
trap ending EXIT

# Starts a command beside the script, in a process group of its own that ends with the script;
# `finished` waits for it and fails if it failed.
in_background() {
    set -m
    # Without the lock of the targets: what a test leaves running would hold it.
    (exec 9>&-; set -e; "$@") &
    background=$!
    set +m
}
finished() {
    local status=0
    wait "$background" || status=$?
    background=
    return "$status"
}

# The files below the given paths that a build depends on, each with its SHA-256, as sha256sum lists
# them; documents are left out.
hashes() {
    (cd "$repo" && find "$@" \( -name target -o -name node_modules -o -name out -o -name cache -o -name '*.md' \) -prune \
        -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
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
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/clippy-driver ] && [ -x /usr/bin/rust-lld ] && [ -d /usr/lib/rustlib/src/rust/library ] \
        && ls /usr/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib >/dev/null 2>&1
}

# Runs a command with the toolchain that has the library sources.
with_library_sources() {
    if debian_rust_is_complete; then
        PATH=/usr/bin:$PATH "$@"
    elif rustup_is_complete; then
        "$@"
    else
        fail "no Rust with library sources and the wasm32v1-none target; run scripts/setup --develop"
    fi
}

# Runs cargo with clippy as the compiler of our own crates, warnings denied: they are linted while they
# are compiled, and no dependency is looked at a second time as `cargo clippy` would.
linted() {
    RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__ "$@"
}
