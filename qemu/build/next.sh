#!/usr/bin/env bash
# next.sh OPTEE TF-A OUT: fills OUT with qemu_fw.bios, whose trusted applications are these
# at the next version: for tests that put the old ones back.
set -euo pipefail
. "$(dirname "$0")/common.sh"

optee=$1 tfa=$2 out=$3
# Always the same places, so that cargo finds there what it built the last time; apart
# from the others, which have the same names.
copy=$CACHE/next-source
rm -rf "$copy"
mkdir "$copy"
cp -a "$REPO"/{.cargo,Cargo.toml,Cargo.lock,host,proto,qemu,ta} "$copy/"
version=$(sed -n 's/^pub const TA_VERSION: u32 = \([0-9]*\);$/\1/p' "$REPO/proto/src/lib.rs")
sed -i "s/^\(pub const TA_VERSION: u32 = \)$version;/\1$((version + 1));/" "$copy/proto/src/lib.rs"

"$REPO/qemu/toolbox" env TOUCHSEAL_CACHE="$out" CARGO_TARGET_DIR="$CACHE/next-target" \
    "$copy/ta/build.sh" 3>&1
mapfile -t tas < <(find "$out/ta" -name '*.stripped.elf' | sort)
mkdir "$out/firmware"
"$REPO/qemu/build/firmware.sh" "$optee" "$tfa" "${tas[@]}" "$out/firmware"
mv "$out/firmware/qemu_fw.bios" "$out/"
rm -rf "$copy" "$out"/{ta,firmware,logs}
