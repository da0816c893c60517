#!/usr/bin/env bash
# make dist: what it refuses, and what a release is. Built at another place, under another cargo
# home, its trusted applications are the same bytes as those of make ta. After make ta.
set -euo pipefail
unset TA_DEV_KIT_DIR TA_SIGN_KEY TA_SIGNER DIST
. "$(dirname "$0")/../build/common.sh"
. "$CACHE/platform.env"
qemus=$TA_DEV_KIT_DIR
unset TA_DEV_KIT_DIR
tool() { "$REPO/qemu/toolbox" "$@"; }
failed() { printf 'dist: %s\n' "$@"; exit 1; }

# Another place for all: the checkout, cargo's home and its output, in which cargo finds what it
# built the last time.
place=$CACHE/elsewhere
rm -rf "$place"/{checkout,kit,cache/dist}
mkdir -p "$place"/{checkout,cache,keys}
cp -a "$REPO"/{.cargo,.gitignore,Cargo.toml,Cargo.lock,host,proto,qemu,ta} "$place/checkout/"
# Cargo goes by dates, and a copy's may lie before what was built of the copy before.
sources=$(cd "$place/checkout" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
[ "$sources" = "$(cat "$place/sources" 2>/dev/null)" ] || find "$place/checkout" -type f -exec touch {} +
ln -sfn "$CACHE/cargo" "$place/cache/cargo"
toolbox=toolbox-$(toolbox_key)
ln -sfn "$CACHE/$toolbox" "$place/cache/$toolbox"
sed "s|^export CARGO_HOME=.*|export CARGO_HOME=$place/cache/cargo|" "$CACHE/platform.env" >"$place/cache/platform.env"
git() { tool git -C "$place/checkout" -c user.name=dist -c user.email=dist "$@"; }
git init --quiet
git add .
git commit --quiet --message release

# A product's OP-TEE, as far as its development kit tells: QEMU's, with other settings and keys.
kit=$place/kit key=$place/keys/own.pem public=$place/keys/public.pem
cp -a "$qemus" "$kit"
conf=$kit/host_include/conf.mk
for setting in INSECURE WITH_SOFTWARE_PRNG TEE_CORE_EMBED_INTERNAL_TESTS TEE_CORE_DEBUG; do
    sed -i "s/^CFG_$setting=y$/CFG_$setting=n/" "$conf"
done
rm -f "$kit"/keys/*
(umask 077 && tool openssl genrsa -out "$key" 2048 2>/dev/null)
tool openssl rsa -in "$key" -pubout -out "$public" 2>/dev/null
tool openssl rsa -in "$key" -pubout -out "$kit/keys/own.pem" 2>/dev/null
cp "$conf" "$place/conf.mk"

dist() { env -u TOUCHSEAL_MESSAGES TOUCHSEAL_CACHE="$place/cache" TA_DEV_KIT_DIR="$kit" TA_SIGN_KEY="$key" DIST="$place/cache/dist" "$@" "$place/checkout/ta/dist.sh" 2>&1; }

# refused NAME SENTENCE [SETTING=VALUE...]: for dist, which leaves nothing.
refused() {
    local name=$1 sentence=$2 said status=0
    said=$(dist "${@:3}") || status=$?
    if [ "$status" = 0 ] || ! grep -qF -- "$sentence" <<<"$said"; then
        failed "$name: exit $status, and not \"$sentence\" but:" "$said"
    fi
    [ ! -e "$place/cache/dist" ] || failed "$name: left a release"
    echo "dist: $name: refused"
}
# wrong SETTING VALUE: of core, alone.
wrong() {
    sed -i "s/^$1=.*/$1=$2/" "$conf"
    refused "$1=$2" "$1=$2, and must be"
    cp "$place/conf.mk" "$conf"
}

refused "no development kit" "No development kit is named" TA_DEV_KIT_DIR=
refused "a development kit that is none" "is no development kit of OP-TEE" TA_DEV_KIT_DIR="$place/keys"
refused "QEMU's development kit" "is not for a product: 4 of its settings" TA_DEV_KIT_DIR="$qemus"
for setting in CFG_{INSECURE,RPMB_TESTKEY,RPMB_WRITE_KEY,RPMB_RESET_FAT,RPMB_FS_DEBUG_DATA,REE_FS_ALLOW_RESET} \
    CFG_{WITH_SOFTWARE_PRNG,CORE_UNSAFE_MODEXP,TEE_CORE_EMBED_INTERNAL_TESTS,TEE_CORE_DEBUG} \
    CFG_{TEE_CORE_MALLOC_DEBUG,TEE_TA_MALLOC_DEBUG,FTRACE_SUPPORT,TA_GPROF_SUPPORT,SEMIHOSTING}; do
    wrong "$setting" y
done
for setting in CFG_{RPMB_FS,SECURE_TIME_SOURCE_CNTPCT,SYSTEM_PTA}; do wrong "$setting" n; done
wrong CFG_OPTEE_REVISION_MINOR 9
wrong CFG_OPTEE_REVISION_MAJOR 3
wrong CFG_NUM_THREADS 1
sed -i 's/^CFG_REE_FS=.*/CFG_REE_FS=y/' "$conf"
wrong CFG_REE_FS_INTEGRITY_RPMB n

refused "no key" "No key is named" TA_SIGN_KEY=
refused "a key that is not there" "cannot be read" TA_SIGN_KEY="$place/keys/none.pem"
(umask 077 && tool openssl pkcs8 -topk8 -nocrypt -in "$qemus/keys/default.pem" -out "$place/keys/again.pem")
tool openssl rsa -in "$qemus/keys/default.pem" -pubout -out "$place/keys/again-public.pem" 2>/dev/null
for again in "$qemus/keys/default.pem" "$place"/keys/again{,-public}.pem; do
    refused "OP-TEE's public key, ${again##*/}" "is OP-TEE's public TEST key" TA_SIGN_KEY="$again"
done
(umask 077 && tool openssl ecparam -genkey -name prime256v1 -noout -out "$place/keys/ec.pem")
refused "another algorithm" "is not an RSA key" TA_SIGN_KEY="$place/keys/ec.pem"
(umask 077 && tool openssl genrsa -out "$place/keys/short.pem" 1024 2>/dev/null)
refused "a short key" "has 1024 bits" TA_SIGN_KEY="$place/keys/short.pem"
chmod 644 "$key"
refused "a private key that others read" "can be read or written by others"
chmod 600 "$key"
refused "a public key, and nothing that signs" "which signs nothing" TA_SIGN_KEY="$public"
cp "$qemus/keys/default.pem" "$kit/keys/"
refused "an OP-TEE that believes the public key" "believes what anybody signs"
rm "$kit/keys/default.pem"
touch "$kit/keys/own.key"
refused "an OP-TEE whose key is none" "is no RSA key that can be read"
rm "$kit/keys/own.key"
mkdir "$place/cache/dist"
touch "$place"/cache/dist/{mine,SHA256SUMS}
said=$(dist) && failed "a folder of somebody's was taken"
grep -qF "is there, and no release" <<<"$said" || failed "a folder of somebody's: $said"
rm -r "$place/cache/dist"

version=$(sed -n 's/^pub const TA_VERSION: u32 = \([0-9]*\);$/\1/p' "$REPO/proto/src/lib.rs")
# released SETTING=VALUE...: a release, looked at.
released() {
    local elf uuid
    dist "$@" >"$place/said" || failed "no release:" "$(cat "$place/said")"
    cat "$place/said"
    (cd "$place/cache/dist" && sha256sum --check --quiet --strict SHA256SUMS) || failed "SHA256SUMS are of other files"
    for elf in "$CACHE"/ta/*.stripped.elf; do
        uuid=$(basename "$elf" .stripped.elf)
        cmp "$elf" "$place/cache/dist/$uuid.stripped.elf" || failed "$uuid: other bytes at another place"
        cmp "$elf" <(tail -c "$(stat -c %s "$elf")" "$place/cache/dist/$uuid.ta") || failed "$uuid.ta: another content"
        tool python3 "$qemus/scripts/sign_encrypt.py" verify --uuid "$uuid" --key "$public" --in "$place/cache/dist/$uuid.ta" >/dev/null ||
            failed "$uuid.ta: does not verify"
        grep "ta_version: *$version$" >/dev/null <(tool python3 "$qemus/scripts/sign_encrypt.py" display --in "$place/cache/dist/$uuid.ta") ||
            failed "$uuid.ta: another version than $version"
    done
    [ "$(find "$place/cache/dist" -name '*.ta' | wc -l)" = 4 ] || failed "not four trusted applications"
    for part in 'optee-os@4\.10' 'mbedtls@[0-9.]*'; do
        grep -q "\"$part\"" "$place/cache/dist/touchseal-ta.cdx.json" || failed "$part is not on the bill of materials"
    done
}
released
grep -qx "commit        $(git rev-parse HEAD)" "$place/cache/dist/BUILD" || failed "another commit:" "$(cat "$place/cache/dist/BUILD")"
cp "$place/cache/dist/touchseal-ta.cdx.json" "$place/bill"

# Signed where the private key is, from a checkout that was changed.
cat >"$place/keys/signer" <<SIGNER
#!/bin/sh
"$REPO/qemu/toolbox" openssl pkeyutl -sign -inkey "$key" -in "\$1" -out "\$2" -pkeyopt digest:sha256 \
    -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:\${SALT:-32} -pkeyopt rsa_mgf1_md:sha256
SIGNER
chmod +x "$place/keys/signer"
touch "$place/checkout/ta/forgotten.rs"
released TA_SIGN_KEY="$public" TA_SIGNER="$place/keys/signer"
grep -q -- "-dirty$" "$place/cache/dist/BUILD" || failed "a changed checkout is not told"
grep -q "^WARNING: commit .*-dirty" "$place/said" || failed "a changed checkout is not told"
cmp "$place/bill" "$place/cache/dist/touchseal-ta.cdx.json" || failed "two bills of materials"
rm -r "$place/cache/dist"
refused "a signer that signs otherwise" "is no signature of" TA_SIGN_KEY="$public" TA_SIGNER="$place/keys/signer" SALT=20
refused "a signer that does not" "did not sign" TA_SIGN_KEY="$public" TA_SIGNER=/bin/false
echo "$sources" >"$place/sources"
echo "dist: ok"
