#!/usr/bin/env bash
# ta/crates.sh: refuses a crate that is linked into the trusted applications, or runs while they
# are built, and is not in ta/crates.txt. `ta/crates.sh write` writes that list anew.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"

crates() { "$REPO/ta/sbom.sh" ta | sed -n 's/^   "bom-ref": "\(.*\)@.*/\1/p' | sort -u; }
list=$REPO/ta/crates.txt
if [ "${1:-}" = write ]; then crates >"$list"; exit; fi
crates | diff "$list" - >&3 || die "Other crates are in the trusted applications than ta/crates.txt says: above, > those that came." \
    "Look at what they are and who keeps them, or do without; then ta/crates.sh write."
