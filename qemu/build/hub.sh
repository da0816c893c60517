#!/usr/bin/env bash
# Fills a directory with bin/rsb_hub, rsbinder's service manager, for the guest.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sources.sh"

"$REPO/qemu/toolbox" env CARGO_TARGET_DIR="$1/target" \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_PROFILE_RELEASE_STRIP=true \
    cargo install --quiet --locked --root "$1" --target aarch64-unknown-linux-gnu \
    --bin rsb_hub "rsbinder-tools@$HUB_VERSION"
rm -rf "$1/target"
