#!/usr/bin/env bash
# deny.sh [advisories]: checks the licences, sources and advisories of all crates, as deny.toml
# says, with cargo-deny: built once, like the parts of the platform. The advisories are RustSec's
# of now. Where they cannot be fetched, the ones that were fetched last count, and where there
# are none it says so; `advisories` checks nothing else, and fails without the ones of now.
set -euo pipefail
. "$(dirname "$0")/common.sh"

readonly VERSION=0.20.2
if [ "${1:-}" = fill ]; then
    exec "$REPO/qemu/toolbox" env CARGO_TARGET_DIR="$2/target" \
        cargo install --quiet --locked --root "$2" "cargo-deny@$VERSION"
fi

QUIET=1 part deny "$(key $VERSION)" 2000 "cargo-deny $VERSION, about 5 minutes" "$0" fill
cd "$REPO"
deny() { "$REPO/qemu/toolbox" "$PART/bin/cargo-deny" --log-level error "$@"; }
readonly RUSTSEC=https://github.com/RustSec/advisory-db
fetched=$CACHE/advisories-fetched
mkdir -p "$LOGS"

[ "${1:-}" = advisories ] || deny check --hide-inclusion-graph bans licenses sources
if timeout 120 "$REPO/qemu/toolbox" "$PART/bin/cargo-deny" fetch db >"$LOGS/advisories.log" 2>&1; then
    touch "$fetched"
elif [ "${1:-}" = advisories ]; then
    die "The advisories of now cannot be fetched from $RUSTSEC." \
        "Check the network; for a mirror, git config --global url.<mirror>.insteadOf $RUSTSEC. The log is $LOGS/advisories.log."
elif [ -f "$fetched" ]; then
    days=$((($(date +%s) - $(stat -c %Y "$fetched")) / 86400))
    say "advisories: $RUSTSEC does not answer: checked against those of $days days ago."
else
    say "advisories: NOT CHECKED: $RUSTSEC does not answer, and none were fetched before."
    exit
fi
# They were just fetched, or cannot be; so were the crates.
"$REPO/qemu/toolbox" cargo fetch --quiet --locked
deny --offline check --hide-inclusion-graph advisories
