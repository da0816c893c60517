#!/usr/bin/env bash
# enter.sh ROOT COMMAND...: runs COMMAND with ROOT's /usr in place of the
# machine's, in a mount namespace of its own: nobody else sees the change, and
# /etc, /home, /dev, the checkout and the rest stay the machine's.
set -euo pipefail
. "$(dirname "$0")/common.sh"

root=$(realpath "$1")
shift
for dir in bin lib; do
    [ "$(readlink -f /$dir)" = "/usr/$dir" ] || die \
        "/$dir is not a link into /usr on this machine." \
        "The toolbox needs a merged /usr: Debian 12 or newer, or another system of its age."
done
for dir in "$REPO" "$CACHE" "$PWD"; do
    case $dir/ in /usr/*) die "$dir is under /usr, which the toolbox replaces." \
        "Move the checkout and TOUCHSEAL_CACHE to another place, your home for one." ;;
    esac
done
# Root needs no user namespace; everybody else gets one.
if [ "$(id -u)" = 0 ]; then namespaces=-m; else namespaces=-rm; fi
command -v unshare >/dev/null || die "The command unshare is missing." \
    "Install the package util-linux."
unshare $namespaces true 2>/dev/null || die \
    "This machine does not let you make a mount namespace, which the toolbox needs." \
    "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or see your container's options), or run make as root."

certificates=/etc/ssl/certs/ca-certificates.crt
[ -e $certificates ] || export SSL_CERT_FILE=/usr/share/ca-certificates/all.pem
# What would lead these tools to others, or change what they build.
unset PYTHONHOME PYTHONPATH LD_LIBRARY_PATH LD_PRELOAD PERL5LIB PERL5OPT
unset MAKEFLAGS MFLAGS CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ARCH CROSS_COMPILE DEBUG O V
unset RUSTC RUSTFLAGS RUSTUP_TOOLCHAIN RUSTUP_HOME RUSTC_WORKSPACE_WRAPPER CARGO_ENCODED_RUSTFLAGS
unset "${!CARGO_BUILD_@}" "${!CARGO_PROFILE_@}" "${!CARGO_TARGET_AARCH64_@}"
export RUSTC_WRAPPER=
export PATH=/usr/bin:/usr/sbin LC_ALL=C TOUCHSEAL_TOOLBOX=$root
# shellcheck disable=SC2016 # expanded inside
exec unshare $namespaces --propagation private /bin/bash -c '
    # The loader must not believe the list of the libraries of the machine.
    [ ! -e /etc/ld.so.cache ] || mount --bind /dev/null /etc/ld.so.cache
    mount --rbind "$0/usr" /usr
    exec "$@"' "$root" "$@"
