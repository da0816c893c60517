#!/usr/bin/env bash
# ta/sbom.sh ta|host [NAME@VERSION...]: the bill of materials of the trusted applications, or of
# the programs for Linux, as CycloneDX on stdout: the crates that cargo links, those that run
# while it builds, and what is named besides. The same sources give the same bytes. Without
# arguments: both, in $TOUCHSEAL_CACHE/sbom.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"
[ -n "${TOUCHSEAL_TOOLBOX:-}" ] || exec "$REPO/qemu/toolbox" "$0" "$@"

if [ $# = 0 ]; then
    mkdir -p "$CACHE/sbom"
    for of in ta host; do "$0" $of >"$CACHE/sbom/touchseal-$of.cdx.json"; done
    say "$(ls "$CACHE"/sbom/*)"
    exit
fi
case $1 in
    ta) of=(--package=touchseal-{payment,soter,gatekeeper,fingerprint}) ;;
    host) of=(--package=touchseal{,-hal,-capi} --features "touchseal/teec touchseal-hal/teec touchseal-capi/teec") ;;
    *) die "No bill of materials of $1." "There is one of ta, and one of host." ;;
esac
cd "$REPO"
exec python3 ta/sbom.py "touchseal-$1" "${@:2}" -- --target aarch64-unknown-linux-gnu "${of[@]}"
