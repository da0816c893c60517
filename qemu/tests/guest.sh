#!/usr/bin/env bash
# The suites on the real OP-TEE, two machines at a time: half of what the black-box suite
# does is to wait until a lock ends. Run by `make test-guest`, which has built what they need.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
toolbox=qemu/toolbox
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Sessions are opened as the process's effective uid, and a sensor's line needs its processor:
# one test at a time.
machine() {
    $toolbox cargo test --quiet --package touchseal-qemu --features platform \
        --test guest --test storage --test secrets --test sensor --test capi --test hal --test faces "$@"
}
optee() {
    TOUCHSEAL_SENSOR=simulated $toolbox cargo test --quiet --target aarch64-unknown-linux-gnu \
        --package touchseal --features teec --test optee "$@"
}

machine --no-run
optee --no-run
optee -- --test-threads=1 >"$said" 2>&1 &
suite=$!
status=0
machine -- --test-threads=1 || status=$?
wait $suite || status=$?
cat "$said"
exit $status
