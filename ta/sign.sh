#!/usr/bin/env bash
# ta/sign.sh DIR KEY [SIGNER]: signs each .stripped.elf in DIR, as .ta, for OP-TEE to load from
# Linux. KEY is an RSA key in PEM; with a SIGNER it is the public half, and SIGNER signs where
# the private one is, in an HSM say: SIGNER DIGEST SIGNATURE reads a file of 32 bytes, a SHA-256
# digest, and writes its RSASSA-PSS signature, raw, with SHA-256, MGF1 and 32 bytes of salt.
# The salt is random: two signatures differ, and what is signed does not.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"

dir=$1 key=$2 signer=${3:-}
# Also what OP-TEE keeps as the least version that it loads from Linux.
version=$(sed -n 's/^pub const TA_VERSION: u32 = \([0-9]*\);$/\1/p' "$REPO/proto/src/lib.rs")

# sign_encrypt COMMAND UUID ARGUMENT...: OP-TEE's own, of the development kit.
sign_encrypt() {
    "$REPO/qemu/toolbox" python3 "$TA_DEV_KIT_DIR/scripts/sign_encrypt.py" "$1" --uuid "$2" \
        --ta-version "$version" --key "$key" --in "$dir/$2.stripped.elf" "${@:3}" >/dev/null
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for elf in "$dir"/*.stripped.elf; do
    uuid=$(basename "$elf" .stripped.elf)
    if [ -z "$signer" ]; then
        sign_encrypt sign-enc "$uuid" --out "$dir/$uuid.ta"
        continue
    fi
    sign_encrypt digest "$uuid" --dig "$scratch/digest.base64"
    base64 -d "$scratch/digest.base64" >"$scratch/digest"
    rm -f "$scratch/signature"
    if ! "$signer" "$scratch/digest" "$scratch/signature" >&3 2>&3 || [ ! -s "$scratch/signature" ]; then
        die "TA_SIGNER, $signer, did not sign $uuid." "Its own messages are above. It must write the signature to the file that is its second argument."
    fi
    base64 -w 0 "$scratch/signature" >"$scratch/signature.base64"
    # Verifies it with the public half.
    sign_encrypt stitch "$uuid" --sig "$scratch/signature.base64" --out "$dir/$uuid.ta" 2>"$scratch/said" || die \
        "What TA_SIGNER, $signer, wrote is no signature of $uuid with the key $key: $(tail -n 1 "$scratch/said")" \
        "It is to be RSASSA-PSS with SHA-256, MGF1 and 32 bytes of salt, as it comes, not in base64."
done
