#!/usr/bin/env bash
# Fills a directory with NIST's own C code of mindtct and bozorth3, for the
# tests: from the package nbis-rs, of whose Rust part nothing is used. `cargo
# info` fetches that package alone.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sources.sh"

out=$1
from_registry() { # FILE
    # shellcheck disable=SC2016 # expanded inside, where CARGO_HOME is known
    (cd "$out" && "$REPO/qemu/toolbox" bash -c '
        cargo info --quiet "nbis-rs@$1" >/dev/null
        find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "nbis-rs-$1.crate" \
            -exec cp {} "$2" \;' bash "$NBIS_VERSION" "$1")
}
archive=$(pinned "${NBIS_SOURCE[@]}" from_registry)
tar -C "$out" -xf "$archive" --strip-components=3 --no-same-owner \
    "nbis-rs-$NBIS_VERSION/ext/nbis"
tar -C "$out" -xf "$archive" --strip-components=1 --no-same-owner \
    "nbis-rs-$NBIS_VERSION/LICENSE"
