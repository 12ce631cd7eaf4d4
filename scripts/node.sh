# Where the node comes from: the release in chain/release, or its sources. Sourced, not run.

release=$repo/chain/release
# What the node is made from. Any change of these files makes it another node.
node_sources=(chain/.cargo chain/Cargo.{lock,toml} chain/{database,node,runtime,stand-ins})

# A name for the node that the present sources make.
node_key() { hashes "${node_sources[@]}" | sha256sum | cut -c1-16; }

released() { node -p 'JSON.parse(fs.readFileSync(process.argv[1]))[process.argv[2]]' "$release/manifest.json" "$1"; }

# Why the release cannot be used here; nothing when it can. In every word a file is named that differs.
release_misfit() {
    if [ ! -f "$release/manifest.json" ]; then
        echo "there is none"
    elif [ "$(uname -sm)" != "$(released platform)" ]; then
        echo "it is for $(released platform), this is $(uname -sm)"
    elif ! has_glibc "$(released glibc)"; then
        echo "it needs glibc $(released glibc) or newer"
    elif ! sources_differ=$(diff <(hashes "${node_sources[@]}") "$release/sources.sha256"); then
        echo "it was made from other sources: $(sed -nE 's/^[<>] [0-9a-f]+ +//p' <<<"$sources_differ" | sort -u | head -n 3 | paste -sd ' ')"
    fi
}

# Whether the machine's C library is at least of that version.
has_glibc() {
    local own
    own=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 1
    printf '%s\n%s\n' "$1" "${own#glibc }" | sort --check=quiet --version-sort
}

# Puts a node that fits the sources into the cache and links it to target/lex-node.
provide_node() {
    local key store misfit
    key=$(node_key)
    store=$LEX_CACHE/chain/$key/${from_source:+built-}lex-node
    if [ ! -x "$store" ]; then
        mkdir -p "$(dirname "$store")"
        if [ -n "$from_source" ]; then
            build_node "$store"
        elif misfit=$(release_misfit) && [ -n "$misfit" ]; then
            say "chain/release does not fit ($misfit): building the node from its sources"
            build_node "$store"
        else
            unpack_release "$store"
        fi
    fi
    mkdir -p "$repo/target"
    ln -sfn "$store" "$repo/target/lex-node"
}

unpack_release() {
    local archive=$release/$(released archive)
    echo "$(released archiveSha256)  $archive" | sha256sum --check --status ||
        fail "$archive is damaged: its SHA-256 is not what chain/release/manifest.json says; restore it, or use --from-source"
    xz --decompress --stdout "$archive" >"$1.part"
    echo "$(released sha256)  $1.part" | sha256sum --check --status ||
        fail "the node in $archive is not the one of chain/release/manifest.json; restore both, or use --from-source"
    chmod +x "$1.part"
    mv "$1.part" "$1"
    say "taking the node of chain/release (sources $(node_key), SHA-256 $(released sha256 | cut -c1-16)...)"
}

build_node() {
    "$repo/scripts/setup" --node
    claim_targets
    step "the node, from its sources" 3000 chain_cargo build --release --package lex-node
    strip --output-file="$1.part" "$chain_target/release/lex-node"
    mv "$1.part" "$1"
}

chain_cargo() {
    (cd "$repo/chain" && CARGO_TARGET_DIR=$chain_target with_library_sources cargo "$1" --locked "${@:2}")
}
