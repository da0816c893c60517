#!/usr/bin/env bash
# firmware.sh OPTEE TF-A TA.elf... OUT: fills OUT with qemu_fw.bios: TF-A, and
# OP-TEE with the TAs linked in.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sources.sh"
. "$(dirname "$0")/optee-make.sh"

optee=$1 tfa=$2
tas=("${@:3:$#-3}")
out=${!#}

# A copy, with its dates, so that only what the TAs change is built again.
mkdir "$out/optee"
cp -a --reflink=auto "$optee"/{src,out} "$out/optee/"
optee_make "$out/optee" EARLY_TA_PATHS="${tas[*]}" "${OPTEE_IMAGES[@]}"

core=$out/optee/out/core
"$REPO/qemu/toolbox" "$tfa/fiptool" create \
    --tb-fw "$tfa/bl2.bin" --soc-fw "$tfa/bl31.bin" --tos-fw "$core/tee-header_v2.bin" \
    --tos-fw-extra1 "$core/tee-pager_v2.bin" --tos-fw-extra2 "$core/tee-pageable_v2.bin" \
    "$out/fip.bin"
# The flash of QEMU's board: BL1 first, the package at 256 KiB.
cp "$tfa/bl1.bin" "$out/qemu_fw.bios"
dd if="$out/fip.bin" of="$out/qemu_fw.bios" bs=64k seek=4 conv=notrunc status=none
rm -rf "$out/optee" "$out/fip.bin"
