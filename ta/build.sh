#!/usr/bin/env bash
# ta/build.sh [simulated]: builds the trusted applications and leaves each, under its UUID, in
# $TOUCHSEAL_CACHE/ta: .stripped.elf to link into OP-TEE, .ta to load from Linux. Of
# `simulated`, in $TOUCHSEAL_CACHE/ta-simulated, none belongs on a device: they believe a
# sensor that the normal world injects images into, and one of them is hostile.
# `make ta` runs it with all that it needs.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"
[ -n "${TOUCHSEAL_TOOLBOX:-}" ] || exec "$REPO/qemu/toolbox" "$0" "$@"

# Also what OP-TEE keeps as the least version that it loads from Linux.
TA_VERSION=$(sed -n 's/^pub const TA_VERSION: u32 = \([0-9]*\);$/\1/p' "$REPO/proto/src/lib.rs")
readonly TA_VERSION
readonly TARGET=aarch64-unknown-linux-gnu
case ${1:-} in
    "") set=ta tas=(fingerprint) features=() ;;
    simulated)
        set=ta-simulated tas=(simulated hostile)
        features=(--features touchseal-payment/simulated-sensor --features touchseal-soter/simulated-sensor)
        ;;
    *) die "No set $1 of trusted applications." "There is simulated, and the one for devices." ;;
esac
tas+=(payment soter gatekeeper)
readonly TAS=("${tas[@]/#/touchseal-}")

cd "$REPO"
cargo build --quiet --profile ta --target $TARGET "${TAS[@]/#/--package=}" "${features[@]}" >&3 2>&3 || die \
    "The trusted applications do not compile." "The compiler's messages are above."

# refuse_unloadable ELF: OP-TEE would refuse it too, but at run time and without a reason.
refuse_unloadable() {
    local elf=$1 name needed undefined
    name=$(basename "$elf")
    needed=$(readelf --dynamic --wide "$elf" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | paste -sd' ')
    [ -z "$needed" ] || die "$name needs $needed, which no secure world has." \
        "A crate among its dependencies calls the C library; see .cargo/config.toml for one that did."
    undefined=$(readelf --dyn-syms --wide "$elf" | awk '$7 == "UND" && $8 != "" { print $8 }' | paste -sd' ')
    [ -z "$undefined" ] || die "$name has undefined symbols: $undefined." \
        "A crate among its dependencies calls the C library."
    grep -q ' \.ta_head ' <(readelf --sections --wide "$elf") || die \
        "$name has no .ta_head section: it is no trusted application." \
        "Its crate must call optee-utee-build from its build script."
}

# refuse_simulated ELF: on a device nobody may believe images from the normal world.
SIMULATED=$(sed -n '/SIMULATED_FINGERPRINT_TA/,/}/s/.*uuid: "\(.*\)",$/\1/p' "$REPO/proto/src/lib.rs")
readonly SIMULATED
refuse_simulated() {
    [ $set = ta ] || return 0
    ! grep --quiet --text --fixed-strings "$SIMULATED" "$1" || die \
        "$(basename "$1") knows the fingerprint TA whose sensor is simulated." \
        "Build it without the feature simulated-sensor."
}

# The UUID as the TA itself states it: the first 16 bytes of its header, in the
# byte order of the machine that it is for.
uuid_of() {
    local head
    head=$(mktemp)
    aarch64-linux-gnu-objcopy -O binary --only-section=.ta_head "$1" "$head"
    python3 -c 'import sys, uuid; print(uuid.UUID(bytes_le=open(sys.argv[1], "rb").read(16)))' "$head"
    rm "$head"
}

new=$CACHE/$set.new
rm -rf "$new"
mkdir -p "$new" "$CACHE/$set"
for name in "${TAS[@]}"; do
    elf=$CARGO_TARGET_DIR/$TARGET/ta/$name
    refuse_unloadable "$elf"
    refuse_simulated "$elf"
    uuid=$(uuid_of "$elf")
    aarch64-linux-gnu-objcopy --strip-unneeded "$elf" "$new/$uuid.stripped.elf"
    python3 "$TA_DEV_KIT_DIR/scripts/sign_encrypt.py" sign-enc \
        --uuid "$uuid" --ta-version $TA_VERSION --key "$TA_DEV_KIT_DIR/keys/default_ta.pem" \
        --in "$new/$uuid.stripped.elf" --out "$new/$uuid.ta" >/dev/null
    say "      $uuid  $name, version $TA_VERSION: $(stat -c %s "$new/$uuid.ta") bytes signed"
done
for old in "$CACHE/$set"/*; do
    [ -e "$new/${old##*/}" ] || rm -f "$old"
done
mv -f "$new"/* "$CACHE/$set/"
rmdir "$new"
say "      in $CACHE/$set, signed with OP-TEE's public TEST key: anybody can sign for it."
say "      Before you flash them, sign them with your own key."
