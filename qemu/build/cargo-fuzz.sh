#!/usr/bin/env bash
# Fills a directory with cargo-fuzz, and with Debian's libFuzzer: the toolbox has no C++
# compiler to build another.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

readonly VERSION=0.13.2
out=$1
unpack_packages "$out" "trixie trixie-updates" alone:libfuzzer-19-dev
mv "$out"/usr/lib/llvm-19/lib/libFuzzer.a "$out/"
rm -rf "${out:?}/usr"
# What the package libstdc++-dev would have made.
ln -s /usr/lib/x86_64-linux-gnu/libstdc++.so.6 "$out/libstdc++.so"
"$REPO/qemu/toolbox" env CARGO_TARGET_DIR="$out/target" \
    cargo install --quiet --locked --root "$out" "cargo-fuzz@$VERSION"
rm -rf "$out/target"
