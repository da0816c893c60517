#!/usr/bin/env bash
# ta/compile.sh SET OUT: compiles the trusted applications of a set, looks at them, and leaves
# each in OUT under its UUID, as .stripped.elf. The same sources, tools and development kit
# ($TA_DEV_KIT_DIR) give the same bytes, whatever the folders are called. In the toolbox.
#   ta            the ones for devices
#   ta-simulated  none of them belongs on a device: they believe a sensor that the normal
#                 world injects images into, and one of them is hostile
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"

readonly TARGET=aarch64-unknown-linux-gnu
set=$1 out=$2
case $set in
    ta) tas=(fingerprint) features=() ;;
    ta-simulated)
        tas=(simulated hostile)
        features=(--features touchseal-payment/simulated-sensor --features touchseal-soter/simulated-sensor)
        ;;
    *) die "No set $set of trusted applications." "There is ta-simulated, and ta for devices." ;;
esac
tas+=(payment soter gatekeeper)
readonly TAS=("${tas[@]/#/touchseal-}")

cd "$REPO"
# The panics of a crate name its files. The last prefix that fits counts; where crates lie
# depends on the mirror that they come from.
cargo fetch --quiet --locked --target $TARGET >&3 2>&3 || die \
    "The crates of Cargo.lock cannot be had." "The messages above say why; a mirror is set in cargo's own config.toml."
prefixes=("$REPO=/touchseal" "$CARGO_TARGET_DIR=/target")
for crates in "$CARGO_HOME"/registry/src/*; do prefixes+=("$crates=/crates"); done
flags=$(printf "'--remap-path-prefix=%s'," "${prefixes[@]}")
# What cargo does not see: the libraries of the kit, which it keeps with what it has built.
kit=$(cd "$TA_DEV_KIT_DIR" && find lib src -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ "$kit" != "$(cat "$CARGO_TARGET_DIR/kit" 2>/dev/null)" ]; then
    rm -rf "${CARGO_TARGET_DIR:?}/$TARGET/ta"
    mkdir -p "$CARGO_TARGET_DIR"
    echo "$kit" >"$CARGO_TARGET_DIR/kit"
fi
cargo build --quiet --locked --profile ta --target $TARGET --config "target.$TARGET.rustflags=[$flags]" \
    "${TAS[@]/#/--package=}" "${features[@]}" >&3 2>&3 || die \
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
    [ "$set" = ta ] || return 0
    ! grep --quiet --text --fixed-strings "$SIMULATED" "$1" || die \
        "$(basename "$1") knows the fingerprint TA whose sensor is simulated." \
        "Build it without the feature simulated-sensor."
}

# refuse_paths ELF: what names a folder of here is another file elsewhere.
refuse_paths() {
    local prefix path
    for prefix in "${prefixes[@]}"; do
        path=${prefix%=*}
        ! grep --quiet --text --fixed-strings "$path/" "$1" || die \
            "$(basename "$1") names the folder $path." "What brought it there must be among the prefixes in ta/compile.sh."
    done
}

# The UUID as the TA itself states it: the first 16 bytes of its header, in the
# byte order of the machine that it is for.
uuid_of() {
    local head=$out/head
    aarch64-linux-gnu-objcopy -O binary --only-section=.ta_head "$1" "$head" &&
        python3 -c 'import sys, uuid; print(uuid.UUID(bytes_le=open(sys.argv[1], "rb").read(16)))' "$head" &&
        rm "$head"
}

for name in "${TAS[@]}"; do
    elf=$CARGO_TARGET_DIR/$TARGET/ta/$name
    refuse_unloadable "$elf"
    refuse_simulated "$elf"
    uuid=$(uuid_of "$elf")
    stripped=$out/$uuid.stripped.elf
    aarch64-linux-gnu-objcopy --strip-unneeded "$elf" "$stripped"
    refuse_paths "$stripped"
    say "      $uuid  $name: $(stat -c %s "$stripped") bytes"
done
