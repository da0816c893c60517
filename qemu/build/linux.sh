#!/usr/bin/env bash
# Fills a directory with Image, the guest's kernel, from Debian's source.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

out=$1
unpack_packages "$out/package" "trixie trixie-updates" alone:linux-source-6.12
tree=$out/linux-source-6.12
"$REPO/qemu/toolbox" tar -C "$out" -xf "$out/package/usr/src/linux-source-6.12.tar.xz"
for patch in "$(dirname "$0")"/patches/linux-*.patch; do
    "$REPO/qemu/toolbox" patch -d "$tree" -p1 <"$patch"
done
build=("$REPO/qemu/toolbox" make -C "$tree" -j"$(nproc)" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
    KBUILD_BUILD_USER=touchseal KBUILD_BUILD_HOST=touchseal KBUILD_BUILD_TIMESTAMP=2025-01-01)
"${build[@]}" KCONFIG_ALLCONFIG="$REPO/qemu/linux.config" allnoconfig
"${build[@]}" Image
cp "$tree/arch/arm64/boot/Image" "$tree/.config" "$out/"
echo "Linux $("${build[@]}" -s kernelversion)" >"$out/versions"
rm -rf "$tree" "$out/package"
