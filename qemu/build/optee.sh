#!/usr/bin/env bash
# Fills a directory with OP-TEE OS, built, and its TA development kit; the
# build tree stays, so that TAs can be linked in later.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"
. "$(dirname "$0")/sources.sh"

out=$1
mkdir "$out/src"
source=$(pinned "${OPTEE_SOURCE[@]}" from_pool $OPTEE_POOL "${OPTEE_SOURCE[0]}")
patches=$(pinned "${OPTEE_PATCHES[@]}" from_pool $OPTEE_POOL "${OPTEE_PATCHES[0]}")
tar -C "$out/src" -xf "$source" --strip-components=1 --no-same-owner
"$REPO/qemu/toolbox" tar -C "$out" -xf "$patches" debian/patches --no-same-owner
# Debian's patches: the security fixes since the release.
while read -r patch; do
    "$REPO/qemu/toolbox" patch -d "$out/src" -p1 <"$out/debian/patches/$patch"
done <"$out/debian/patches/series"
for patch in "$(dirname "$0")"/patches/optee-*.patch; do
    "$REPO/qemu/toolbox" patch -d "$out/src" -p1 <"$patch"
done

. "$(dirname "$0")/optee-make.sh"
optee_make "$out" ta_dev_kit
optee_make "$out" "${OPTEE_IMAGES[@]}"
echo "OP-TEE $OPTEE_VERSION" >"$out/versions"
