#!/usr/bin/env bash
# Fills a directory with the stages of Trusted Firmware-A, and the tool that
# packs them together with OP-TEE.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"
. "$(dirname "$0")/sources.sh"

out=$1
tree=$out/tree
mkdir "$tree"
archive=$(pinned "${TFA_SOURCE[@]}" from_pool $TFA_POOL "${TFA_SOURCE[0]}")
"$REPO/qemu/toolbox" tar -C "$tree" -xf "$archive" --strip-components=1 --no-same-owner

# BL31 enters OP-TEE, and then the kernel where QEMU's loader put it: no U-Boot.
"$REPO/qemu/toolbox" make -C "$tree" -j"$(nproc)" CROSS_COMPILE=aarch64-linux-gnu- \
    PLAT=qemu SPD=opteed DEBUG=0 LOG_LEVEL=20 \
    QEMU_USE_GIC_DRIVER=QEMU_GICV3 BL32_RAM_LOCATION=tdram \
    ARM_LINUX_KERNEL_AS_BL33=1 PRELOADED_BL33_BASE=0x60000000 \
    BUILD_STRING=touchseal BUILD_MESSAGE_TIMESTAMP='""' \
    bl1 bl2 bl31 fiptool
cp "$tree"/build/qemu/release/bl{1,2,31}.bin "$tree/tools/fiptool/fiptool" "$out/"
echo "TF-A $TFA_VERSION" >"$out/versions"
rm -rf "$tree"
