#!/bin/sh
# rustc.sh RUSTC ARGUMENT...: the compiler as cargo-fuzz calls it, but that it watches the
# crates alone that are fuzzed. What random keys do in a crypto library is no coverage, and
# takes long.
case $CARGO_PKG_NAME in touchseal-nonsecure) ;; touchseal*) exec "$@" ;; esac
for argument; do
    shift
    case $argument in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-coverage-* | -Cdebug-assertions) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$@"
