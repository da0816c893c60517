#!/usr/bin/env bash
# The suites on the real OP-TEE, three machines at a time: half of what the black-box suite
# does is to wait until a lock ends. Run by `make test-guest`, which has built what they need.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
toolbox=qemu/toolbox
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT

# Sessions are opened as the process's effective uid, and a sensor's line needs its processor:
# one test at a time, and those with a line before the others, which then may take long.
machine() {
    $toolbox cargo test --quiet \
        --test guest --test storage --test rollback --test rpmb_model --test hostile_kernel --test sensor --test capi --test hal --test faces --test secrets "$@"
}
optee() {
    TOUCHSEAL_SENSOR=simulated TOUCHSEAL_TIME_LIMIT=5000 nice $toolbox cargo test --quiet --target aarch64-unknown-linux-gnu \
        --package touchseal --features teec --test optee "$@"
}

machine --no-run
optee --no-run
tests=$(optee -- --list | sed -n 's/: test$//p')
shards=()
for shard in 0 1; do
    # shellcheck disable=SC2046 # a list of names
    optee -- --test-threads=1 --exact $(awk "NR % 2 == $shard" <<<"$tests") >"$said/$shard" 2>&1 &
    shards+=($!)
done
status=0
machine -- --test-threads=1 || status=$?
for shard in "${shards[@]}"; do wait "$shard" || status=$?; done
# libteec tells every refusal, and the hostile suite is made of them.
grep -hv 'TEEC:TEEC_' "$said"/*
exit $status
