# Who compiles into LEX_CACHE/target: every clone, one at a time. Sourced, not run.
#
# Cargo takes a source for unchanged when it is older than what was made of it, and in a new clone every
# file is as new as the clone. So it is written down which sources the targets were made of, and what
# time each had: where a clone has the same, it gets that time, and whatever differs gets the present one.
# Programs are shared too, so none may know the path of the clone it was compiled in.

target_lock=$LEX_CACHE/target/lock
target_clone=$LEX_CACHE/target/clone
target_sources=$LEX_CACHE/target/sources

# Held until the script ends.
claim_targets() {
    [ "${LEX_TARGETS_HELD:-}" != "$repo" ] || return 0
    mkdir -p "$LEX_CACHE/target"
    exec 9>"$target_lock"
    if has flock && ! flock --nonblock 9; then
        say "waiting: another clone is building or testing ($(cat "$target_clone" 2>/dev/null))"
        flock 9
    fi
    [ "$(cat "$target_clone" 2>/dev/null)" = "$(this_clone)" ] || adopt_targets
    export LEX_TARGETS_HELD=$repo
    sources_claimed=$(list_sources)
    at_exit+=(record_sources)
}

# Its path, and what tells it from another one that was at the same path before.
this_clone() { echo "$repo $(stat -c '%i %W' "$repo")"; }

adopt_targets() {
    local unlike=everything
    if sources_are_recorded; then
        keep_times
        # Macros name these by their path in the clone that compiled them last.
        unlike=$(differing_sources | grep -E '\.sql$|/abi/.*\.json$|/clippy\.toml$') || true
    fi
    [ -z "$unlike" ] || list_sources | cut -f 3 | (cd "$repo" && xargs -d '\n' touch)
    this_clone >"$target_clone"
}

# Whether nothing was compiled since they were written down.
sources_are_recorded() {
    [ -f "$target_sources" ] && [ -z "$(find "$LEX_CACHE/target" \( -name deps -o -name incremental -o -name build -o -name tools \) -prune \
        -o -name invoked.timestamp -newer "$target_sources" -print -quit)" ]
}

# The SHA-256, the time and the path of everything that cargo may read. Not npm's lock files: a time of
# theirs would have npm install everything again.
list_sources() {
    (
        cd "$repo"
        find chain cli contracts indexer relayer service tests Cargo.{toml,lock} clippy.toml \
            \( -name target -o -name node_modules -o -name out -o -name cache -o -name release \) -prune \
            -o -type f ! -name 'package*.json' -print0 | LC_ALL=C sort -z >"$LEX_CACHE/target/paths"
        paste <(xargs -0 sha256sum <"$LEX_CACHE/target/paths" | cut -c 1-64) \
            <(xargs -0 stat -c '%.9Y' <"$LEX_CACHE/target/paths") \
            <(tr '\0' '\n' <"$LEX_CACHE/target/paths")
    )
}
differing_sources() {
    awk -F '\t' 'NR == FNR { known[$1, $3]; next } !(($1, $3) in known) { print $3 }' "$target_sources" <(list_sources)
}
keep_times() {
    local time path
    list_sources | awk -F '\t' -v OFS='\t' 'NR == FNR { time[$1, $3] = "@" $2; next }
        { print (($1, $3) in time) ? time[$1, $3] : "now", $3 }' "$target_sources" - |
        while IFS=$'\t' read -r time path; do touch -d "$time" "$repo/$path"; done
}

# What was changed while it was compiled may have been compiled in either form, so it is left out.
record_sources() {
    list_sources | LC_ALL=C sort | LC_ALL=C comm -12 <(LC_ALL=C sort <<<"$sources_claimed") - >"$target_sources.part"
    mv "$target_sources.part" "$target_sources"
}
