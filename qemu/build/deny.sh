#!/usr/bin/env bash
# Checks the licences and sources of all crates, as deny.toml says, with
# cargo-deny: built once, like the parts of the platform.
set -euo pipefail
. "$(dirname "$0")/common.sh"

readonly VERSION=0.20.2
if [ "${1:-}" = fill ]; then
    exec "$REPO/qemu/toolbox" env CARGO_TARGET_DIR="$2/target" \
        cargo install --quiet --locked --root "$2" "cargo-deny@$VERSION"
fi

QUIET=1 part deny "$(key "$0")" 2000 "cargo-deny $VERSION, about 5 minutes" "$0" fill
cd "$REPO"
"$REPO/qemu/toolbox" "$PART/bin/cargo-deny" --log-level error check --hide-inclusion-graph bans licenses sources
