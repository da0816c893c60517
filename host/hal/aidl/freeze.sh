#!/bin/sh
# freeze.sh [DIRECTORY]: writes the interface as version 1 into aidl_api, or into DIRECTORY:
# the files without their comments, and the hash that AOSP's build checks and that a service
# answers getInterfaceHash() with. Once a device has shipped with version 1, it stays: what
# changes is version 2 then.
set -eu
cd "$(dirname "$0")"
name=vendor.touchseal.hardware.payment
out=${1:-aidl_api}/$name
rm -rf "$out"
for version in 1 current; do
    for file in vendor/touchseal/hardware/payment/*.aidl; do
        mkdir -p "$out/$version/${file%/*}"
        # One-line comments, longer ones, empty lines.
        sed -e '/^ *\/\*\*.*\*\/$/d' -e '/^ *\/\*\*/,/\*\/$/d' -e '/^$/d' "$file" >"$out/$version/$file"
    done
done
# AOSP hashes the first version under this name (system/tools/aidl/build).
cd "$out/1"
{
    find ./ -name "*.aidl" -print0 | LC_ALL=C sort -z | xargs -0 sha1sum
    echo latest-version
} | sha1sum | cut -d ' ' -f 1 >.hash
