#!/usr/bin/env bash
# Compiles the wallet for the guest, beside the examples in Rust: wallet-c, which loads
# libtouchseal.so.0, and wallet-c-static. Run in the toolbox, after the library is built.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$TOUCHSEAL_PROGRAMS
client=$OPTEE_CLIENT_EXPORT/usr/lib
compile() { # NAME ARGUMENT...
    aarch64-linux-gnu-gcc -std=c99 -Wall -Wextra -Werror -pedantic -O2 -g -Iinclude examples/wallet.c \
        -o "$programs/examples/$1" "${@:2}"
}

ln -sf libtouchseal.so "$programs/libtouchseal.so.0"
# shellcheck disable=SC2016 # the loader's own
compile wallet-c "$programs/libtouchseal.so" '-Wl,-rpath,$ORIGIN/..' "-Wl,-rpath-link,$client"
private=$(sed -n 's/^Libs.private: //p' touchseal.pc.in)
# shellcheck disable=SC2086 # a list of libraries
compile wallet-c-static "$programs/libtouchseal.a" -L"$client" $private
