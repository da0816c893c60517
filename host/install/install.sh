#!/usr/bin/env bash
# install.sh: puts what was built for a device where its distribution expects it. `make install` runs it.
#   DESTDIR  the directory that stands for the device's root; this machine's own without it
#   PREFIX   /usr/local
#   LIBDIR   where the libraries go, PREFIX/lib/aarch64-linux-gnu
set -euo pipefail
. "$(dirname "$0")/../../qemu/build/common.sh"

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib/aarch64-linux-gnu}
for dir in "$prefix" "$libdir"; do
    case $dir in /*) ;; *) die "$dir is not an absolute path." "Give PREFIX and LIBDIR as they are on the device." ;; esac
done
readonly NAME=vendor.touchseal.hardware.payment-service.optee
programs=$CACHE/target/aarch64-unknown-linux-gnu/release
here=$CACHE/target/release/touchseal

# need GOAL FILE...: was built.
need() {
    local goal=$1 file
    for file in "${@:2}"; do
        [ -f "$file" ] || die "$file is not there." "Build it first: make $goal. Under sudo, say where that was: make install TOUCHSEAL_CACHE=<directory>."
    done
}
need programs "$programs"/{touchseal,touchseal-hal,libtouchseal.so,libtouchseal.a} "$here"
# As many as there are entry points for.
tas=("$CACHE"/ta/*.ta)
need ta "${tas[@]}"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
# shellcheck disable=SC2016 # expanded inside
"$REPO/qemu/toolbox" bash -euc '
    staging=$1 programs=$2 here=$3
    for file in touchseal touchseal-hal libtouchseal.so; do
        aarch64-linux-gnu-strip --strip-unneeded -o "$staging/$file" "$programs/$file"
    done
    aarch64-linux-gnu-strip --strip-debug -o "$staging/libtouchseal.a" "$programs/libtouchseal.a"
    mkdir "$staging/man"
    "$here" man "$staging/man" >/dev/null
    for shell in bash zsh fish; do "$here" completions $shell >"$staging/$shell"; done
' stage "$staging" "$programs" "$here"
version=$("$REPO/qemu/toolbox" "$here" --version | cut -d' ' -f2)
# filled FILE: with the paths of this installation.
filled() {
    sed -e "s|@PREFIX@|$prefix|g; s|@LIBDIR@|$libdir|g; s|@LIBEXECDIR@|$prefix/libexec|g; s|@VERSION@|$version|g" \
        "$1" >"$staging/$(basename "$1" .in)"
}
filled "$REPO/host/capi/touchseal.pc.in"
filled "$REPO/host/install/touchseal-hal.service.in"

# put MODE FILE PATH
put() { install -D -m "$1" "$2" "${DESTDIR:-}$3"; }
put 755 "$staging/touchseal" "$prefix/bin/touchseal"
put 755 "$staging/touchseal-hal" "$prefix/libexec/$NAME"
put 644 "$staging/libtouchseal.so" "$libdir/libtouchseal.so.0"
ln -sf libtouchseal.so.0 "${DESTDIR:-}$libdir/libtouchseal.so"
put 644 "$staging/libtouchseal.a" "$libdir/libtouchseal.a"
put 644 "$staging/touchseal.pc" "$libdir/pkgconfig/touchseal.pc"
put 644 "$REPO/host/capi/include/touchseal.h" "$prefix/include/touchseal.h"
# tee-supplicant looks nowhere else, whatever PREFIX is.
for ta in "${tas[@]}"; do put 644 "$ta" "/usr/lib/optee_armtz/${ta##*/}"; done
put 644 "$staging/bash" "$prefix/share/bash-completion/completions/touchseal"
put 644 "$staging/zsh" "$prefix/share/zsh/site-functions/_touchseal"
put 644 "$staging/fish" "$prefix/share/fish/vendor_completions.d/touchseal.fish"
for page in "$staging"/man/*; do put 644 "$page" "$prefix/share/man/man1/${page##*/}"; done
put 644 "$staging/touchseal-hal.service" "$prefix/lib/systemd/system/touchseal-hal.service"
# Who may serve what, where rsb_hub looks.
put 644 "$REPO/host/hal/linux/touchseal.toml" /etc/rsbinder/hub.d/touchseal.toml
put 644 "$REPO/host/install/sysusers.conf" "$prefix/lib/sysusers.d/touchseal.conf"
put 644 "$REPO/host/install/udev.rules" "$prefix/lib/udev/rules.d/60-touchseal.rules"
say "touchseal $version is installed under ${DESTDIR:-}$prefix, its trusted applications in ${DESTDIR:-}/usr/lib/optee_armtz."
say "They are signed with OP-TEE's public TEST key: OP-TEE loads them where it was built with that key."
