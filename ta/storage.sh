#!/usr/bin/env bash
# ta/storage.sh: refuses a storage other than the RPMB in the trusted applications. What lies in
# the normal world's, its owner can put back; the tests' platform has none, and would not show it.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"

named=$(grep -rnE --include='*.rs' 'ObjectStorageConstants::|[^`]TEE_STORAGE_' "$REPO/ta")
others=$(grep -v 'ObjectStorageConstants::PrivateRpmb\b' <<<"$named") || exit 0
die "There is a storage other than the RPMB:" "$others"
