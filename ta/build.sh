#!/usr/bin/env bash
# ta/build.sh [simulated]: builds the trusted applications and leaves each, under its UUID, in
# $TOUCHSEAL_CACHE/ta: .stripped.elf to link into OP-TEE, .ta to load from Linux. Of
# `simulated`, in $TOUCHSEAL_CACHE/ta-simulated, none belongs on a device: see ta/compile.sh.
# `make ta` runs it with all that it needs.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"
[ -n "${TOUCHSEAL_TOOLBOX:-}" ] || exec "$REPO/qemu/toolbox" "$0" "$@"

set=ta${1:+-$1}
new=$CACHE/$set.new
rm -rf "$new"
mkdir -p "$new" "$CACHE/$set"
"$REPO/ta/compile.sh" "$set" "$new"
"$REPO/ta/sign.sh" "$new" "$TA_DEV_KIT_DIR/keys/default_ta.pem"
for old in "$CACHE/$set"/*; do
    [ -e "$new/${old##*/}" ] || rm -f "$old"
done
mv -f "$new"/* "$CACHE/$set/"
rmdir "$new"
say "      in $CACHE/$set, signed with OP-TEE's public TEST key: anybody can sign for it."
say "      What goes onto a device is made with your own key: make dist."
