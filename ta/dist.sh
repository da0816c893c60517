#!/usr/bin/env bash
# ta/dist.sh: a product's release of the trusted applications, in DIST. `make dist` runs it.
#   TA_DEV_KIT_DIR  the development kit of the product's own OP-TEE (export-ta_arm64)
#   TA_SIGN_KEY     the key that this OP-TEE believes: RSA, in PEM
#   TA_SIGNER       signs where the private key is; TA_SIGN_KEY is the public one then: ta/sign.sh
#   DIST            the cache's dist
# It refuses what would make a product one that anybody can sign for or read.
set -euo pipefail
# The caller's: the toolbox has its own.
kit=${TA_DEV_KIT_DIR:-} key=${TA_SIGN_KEY:-} signer=${TA_SIGNER:-} dist=${DIST:-}
. "$(dirname "$0")/../qemu/build/common.sh"
dist=$(realpath -m "${dist:-$CACHE/dist}")

# The modulus of OP-TEE's keys/default.pem, and of the one that was there before: sha256 of what
# `openssl rsa -modulus` says.
readonly PUBLIC_KEYS="dbcee3c6dc4fa8459a9ef63ddb3b5ff9b2cb7c4b9466ca05fdf7213879aa6da9
35313a3635be565df8500cd37053dfb4e236bacd5b59a6237ef9fa7b62497ee5"

# modulus FILE: of an RSA key in PEM, however it is written.
modulus() {
    "$REPO/qemu/toolbox" openssl rsa -in "$1" -passin pass: -noout -modulus 2>/dev/null ||
        "$REPO/qemu/toolbox" openssl rsa -pubin -in "$1" -noout -modulus 2>/dev/null
}
is_public() { grep -qxF "$(modulus "$1" | sha256sum | cut -d' ' -f1)" <<<"$PUBLIC_KEYS"; }

[ -n "$kit" ] || die "No development kit is named, and the one of QEMU is for no product." \
    "Name your OP-TEE's: make dist TA_DEV_KIT_DIR=<...>/export-ta_arm64 TA_SIGN_KEY=<key.pem>."
[ -n "$key" ] || die "No key is named." \
    "Name the one that your OP-TEE believes: make dist TA_SIGN_KEY=<key.pem>, or TA_SIGN_KEY=<public.pem> TA_SIGNER=<program>."
for file in "$kit" "$key" ${signer:+"$signer"}; do
    [ -r "$file" ] || die "$file cannot be read." "Name what is there, by its path."
done
kit=$(realpath "$kit") key=$(realpath "$key")
if [ -n "$signer" ]; then
    signer=$(realpath "$signer")
    [ -x "$signer" ] || die "TA_SIGNER, $signer, is no program." "Make it executable: chmod +x."
fi

"$REPO/ta/product.sh" "$kit"

found=$(modulus "$key") || die "$key is not an RSA key in PEM that can be read without a passphrase." \
    "OP-TEE knows no others. With the private key in an HSM: TA_SIGN_KEY=<its public half> TA_SIGNER=<program>, see ta/sign.sh."
! is_public "$key" || die "$key is OP-TEE's public TEST key: anybody can sign for it." \
    "Make a key of your own, build OP-TEE with it (TA_SIGN_KEY=, or TA_PUBLIC_KEY=), and name it here."
found=${found#Modulus=}
[ ${#found} -ge 512 ] || die "$key has $((${#found} * 4)) bits." "Make one of 2048 at least."
if grep -q 'PRIVATE KEY' "$key"; then
    [ $((0$(stat -c %a "$key") & 077)) = 0 ] || die "$key, a private key, can be read or written by others." "chmod 600 $key"
elif [ -z "$signer" ]; then
    die "$key is a public key, which signs nothing." "Name what signs: TA_SIGNER=<program>, see ta/sign.sh."
fi
for theirs in "$kit"/keys/*; do
    [ -n "$(modulus "$theirs")" ] || die "$theirs, by which the OP-TEE of $kit believes, is no RSA key that can be read." \
        "Put there the public half of the key that this OP-TEE was built with."
    ! is_public "$theirs" || die "The OP-TEE of $kit was built with its public TEST key ($theirs): it believes what anybody signs." \
        "Build it with TA_SIGN_KEY=$key; with an HSM, with TA_PUBLIC_KEY=<public.pem> and another key as TA_SIGN_KEY."
done

[ ! -e "$dist" ] || { [ -f "$dist/SHA256SUMS" ] && [ -f "$dist/touchseal-ta.cdx.json" ]; } || [ -z "$(ls -A "$dist")" ] || die \
    "$dist is there, and no release." "Name another directory: make dist DIST=<directory>."

# The settings of the toolbox name QEMU's.
with_kit() { "$REPO/qemu/toolbox" env TA_DEV_KIT_DIR="$kit" CARGO_TARGET_DIR="$CACHE/dist-target" "$@"; }
setting() { sed -n "s/^$1=//p" "$kit/host_include/conf.mk"; }
new=$CACHE/dist.new
rm -rf "$new"
mkdir -p "$new"
say "trusted applications:"
with_kit "$REPO/ta/compile.sh" ta "$new"
TA_DEV_KIT_DIR=$kit "$REPO/ta/sign.sh" "$new" "$key" "$signer"
optee=$(setting CFG_OPTEE_REVISION_MAJOR).$(setting CFG_OPTEE_REVISION_MINOR)
mbedtls=$(sed -n 's/^#define MBEDTLS_VERSION_STRING *"\(.*\)"$/\1/p' "$kit/include/mbedtls/build_info.h" 2>/dev/null || true)
with_kit "$REPO/ta/sbom.sh" ta "optee-os@$optee" ${mbedtls:+"mbedtls@$mbedtls"} >"$new/touchseal-ta.cdx.json"

commit=$("$REPO/qemu/toolbox" git -C "$REPO" describe --always --abbrev=40 --exclude='*' --dirty 2>/dev/null || echo unknown)
# What git does not know is compiled, too.
[[ $commit = *-dirty ]] || [ -z "$("$REPO/qemu/toolbox" git -C "$REPO" ls-files --others --exclude-standard 2>/dev/null)" ] || commit=$commit-dirty
case $commit in *-dirty | unknown)
    say "WARNING: commit $commit: nobody can build this again from what is committed."
esac
cat >"$new/BUILD" <<BUILD
commit        $commit
TA version    $(sed -n 's/^pub const TA_VERSION: u32 = \([0-9]*\);$/\1/p' "$REPO/proto/src/lib.rs")
OP-TEE        $optee, host_include/conf.mk $(sha256sum <"$kit/host_include/conf.mk" | cut -d' ' -f1)
its libraries $(cat "$CACHE/dist-target/kit") (sha256 of sha256sum of lib and src)
signed for    $(modulus "$key" | sha256sum | cut -d' ' -f1) (sha256 of openssl rsa -modulus)
tools
$(sed 's/^/  /' "$CACHE/toolbox-$(toolbox_key)/versions")
BUILD
(cd "$new" && sha256sum -- * >../dist.sums && mv ../dist.sums SHA256SUMS)
rm -rf "$dist"
mkdir -p "$(dirname "$dist")"
mv "$new" "$dist"
say "in $dist:"
cat "$dist/SHA256SUMS"
say "The .stripped.elf are the same wherever they are built; a .ta holds one, and a signature that is another each time."
