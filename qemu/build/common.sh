# shellcheck shell=bash
# What every platform script shares: where things are, how to speak, how a
# part of the platform is made once and kept.
# Sourced, never run.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${TOUCHSEAL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/touchseal}
# A relative DL_DIR or TOUCHSEAL_CACHE means relative to where make was called.
CACHE=$(realpath -m "$CACHE")
DL_DIR=$(realpath -m "${DL_DIR:-$CACHE/dl}")
LOGS=$CACHE/logs
export TOUCHSEAL_REPO=$REPO TOUCHSEAL_CACHE=$CACHE DL_DIR

# Exit status of a script that has already told the person what is wrong.
readonly EXPLAINED=3

# Messages go past a part's log to the person.
if [ -z "${TOUCHSEAL_MESSAGES:-}" ]; then
    exec 3>&2
    export TOUCHSEAL_MESSAGES=3
fi

say() { printf '%s\n' "$*" >&3; }

# die WHAT WHAT-TO-DO: the one way to give up.
die() {
    printf '\ntouchseal: %s\n           %s\n' "$1" "$2" >&3
    exit $EXPLAINED
}

# Where downloads are written: DL_DIR unless it is read-only (root may write
# there too, but is not meant to).
downloads() {
    mkdir -p "$DL_DIR" 2>/dev/null || true
    if [ -w "$DL_DIR" ] && [ -n "$(find "$DL_DIR" -maxdepth 0 -perm -u+w)" ]; then
        echo "$DL_DIR"
    else
        mkdir -p "$CACHE/dl" && echo "$CACHE/dl"
    fi
}

# key FILE-OR-TEXT...: a short digest of what a part is made from.
key() {
    local input
    for input in "$@"; do
        if [ -f "$input" ]; then sha256sum <"$input"; else sha256sum <<<"$input"; fi
    done | sha256sum | cut -c1-12
}

# Two scripts need it: the one that enters the toolbox, and the one that counts
# it as a step of the build.
toolbox_key() { key "$REPO"/qemu/build/{toolbox,apt}.sh; }

duration() {
    local s=$1
    if [ "$s" -ge 60 ]; then echo "$((s / 60)) min $((s % 60)) s"; else echo "$s s"; fi
}

free_megabytes() { df --output=avail -m "$CACHE" | tail -n 1 | tr -d ' '; }

# need_space MEGABYTES FOR-WHAT
need_space() {
    local free
    free=$(free_megabytes)
    [ "$free" -ge "$1" ] || die \
        "$2 needs $1 MB free in $CACHE, and it has $free MB." \
        "Free some space, or set TOUCHSEAL_CACHE to a directory on a larger disk."
}

# part NAME KEY MEGABYTES TITLE COMMAND...: makes $CACHE/NAME-KEY unless it is
# there. COMMAND gets the directory to fill as its last argument. What it makes
# appears under its name only when it is complete. Sets PART to the directory.
part() {
    local name=$1 key=$2 megabytes=$3 title=$4
    shift 4
    PART=$CACHE/$name-$key
    if [ -d "$PART" ]; then
        [ -n "${QUIET:-}" ] || say "$title: cached"
        return
    fi
    mkdir -p "$LOGS" 2>/dev/null || die "Cannot write to $CACHE." \
        "Set TOUCHSEAL_CACHE to a directory that you can write to."
    # Two makes at once: the second waits, and finds the work done.
    exec 9>"$CACHE/$name.lock"
    flock 9
    [ ! -d "$PART" ] || { exec 9>&-; return 0; }
    need_space "$megabytes" "$title"

    local log=$LOGS/$name.log status=0 start=$SECONDS full=
    printf '%s ... ' "$title" >&3
    rm -rf "$PART.tmp"
    mkdir "$PART.tmp"
    trap 'rm -rf "$PART.tmp"' EXIT
    trap 'exit 130' INT TERM
    "$@" "$PART.tmp" >"$log" 2>&1 9>&- || status=$?
    if [ "$status" -ne 0 ]; then
        # On a full disk the log, too, may lack the message.
        [ "$(free_megabytes)" -gt 1 ] || full=yes
        rm -rf "$PART.tmp"
        [ "$status" -ne "$EXPLAINED" ] || exit $EXPLAINED
        if [ -n "$full" ] || grep -q 'No space left on device' "$log"; then
            die "The disk of $CACHE is full." \
                "Free some space, or set TOUCHSEAL_CACHE to a directory on a larger disk."
        fi
        say "failed. The last lines of $log:"
        tail -n 20 "$log" >&3
        die "$title: failed." "The whole log is $log; nothing half-made was kept."
    fi
    mv "$PART.tmp" "$PART"
    trap - EXIT INT TERM
    exec 9>&-
    say "done in $(duration $((SECONDS - start)))"
}
