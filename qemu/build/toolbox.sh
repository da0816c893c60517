#!/usr/bin/env bash
# Fills a directory with the toolbox: a Debian tree with every tool that the
# platform is built, checked and run with. Nothing of it is installed.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

root=$1
packages=(
    qemu-system-arm
    rustc cargo rust-clippy rustfmt libstd-rust-dev alone:libstd-rust-dev:arm64=rustc
    gcc g++ libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    flex bison bc device-tree-compiler libssl-dev libelf-dev openssl
    shellcheck mandoc systemd
    python3 python3-cryptography python3-pyelftools python3-pip python3-setuptools
    bash dash coreutils findutils grep sed mawk perl diffutils patch file procps make git
    tar gzip xz-utils bzip2 cpio util-linux e2fsprogs ca-certificates
)

mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for dir in bin sbin lib lib64; do ln -s usr/$dir "$root/$dir"; done
NEWER="qemu-* rustc cargo rustfmt rust-* libstd-rust-*" REST=forky \
    unpack_packages "$root" "trixie trixie-updates trixie-backports" "${packages[@]}"

# The links that the packages' own scripts would have made.
link() { [ -e "$root/usr/bin/$2" ] || ln -s "$1" "$root/usr/bin/$2"; }
link dash sh
link gcc cc
link g++ c++
link mawk awk
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/usr/share/ca-certificates/all.pem"

# A suite moves on: what matters is a floor, not a version.
version() { "$REPO/qemu/build/enter.sh" "$root" "$@" | sed -nE '1s/^[^0-9]*([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p'; }
at_least() { # NAME FLOOR VERSION
    [ "$(printf '%s\n' "$2" "$3" | sort -V | head -n 1)" = "$2" ] || die \
        "$1 in the toolbox is ${3:-missing}; the platform needs $2 or newer." \
        "The mirror's trixie-backports is too old: name another, make DEBIAN_MIRROR=<address>."
    echo "$1 $3" >>"$root/versions"
}
at_least QEMU 11.1 "$(version qemu-system-aarch64 --version)"
at_least Rust 1.89 "$(version rustc --version)"
at_least GCC 12.2 "$(version aarch64-linux-gnu-gcc -dumpfullversion)"
