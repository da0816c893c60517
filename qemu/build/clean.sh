#!/usr/bin/env bash
# clean.sh [everything]: what `make clean` and `make distclean` remove. Only
# names that we made: TOUCHSEAL_CACHE may be a directory with other things in it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

rm -rf "$CACHE"/{target,ta,ta.new,ta-simulated,ta-simulated.new,dist,dist.new,dist-target,elsewhere,sbom,logs,emmc.img,platform.env,platform.lock} "$CACHE"/{firmware,next}-* "$CACHE"/{firmware,simulated,next}.bios
[ "${1:-}" = everything ] || exit 0
for part in toolbox fingers nbis guest optee tf-a linux hub xtest deny cargo-fuzz; do
    rm -rf "$CACHE/$part".lock "$CACHE/$part"-*
done
# A DL_DIR elsewhere is the person's own.
rm -rf "$CACHE"/{cargo,dl,fuzz,firmware.lock,next.lock,advisories-fetched}
rmdir "$CACHE" 2>/dev/null || true
