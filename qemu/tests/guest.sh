#!/usr/bin/env bash
# The suites on the real OP-TEE, three machines at a time: half of what the black-box suite
# does is to wait until a lock ends. Run by `make test-guest`, which has built what they need.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
toolbox=qemu/toolbox
said=$(mktemp -d)
machines=()
ended() {
    for one in "${machines[@]}"; do kill -- "-$one" 2>/dev/null || true; done
    rm -rf "$said"
}
trap ended EXIT

# Sessions are opened as the process's effective uid, and a sensor's line needs its processor:
# one test at a time, and those with a line before the others, which then may take long.
own=("$toolbox" cargo test --quiet
    --test guest --test storage --test rollback --test rpmb_model --test hostile_kernel
    --test sensor --test capi --test hal --test faces --test secrets)
optee=(env TOUCHSEAL_SENSOR=simulated TOUCHSEAL_TIME_LIMIT=5000 nice "$toolbox" cargo test --quiet
    --target aarch64-unknown-linux-gnu --package touchseal --features teec --test optee)

"${own[@]}" --no-run
"${optee[@]}" --no-run
tests=$("${optee[@]}" -- --list | sed -n 's/: test$//p')
# Each machine has a process group of its own, so that none goes on when this ends early. Not a
# session: among those Linux divides the processors evenly, however nice they are (autogroup).
set -m
# What races has a machine with two processors; the others take two thirds of the time with one.
suite() {
    local processors=$1
    shift
    TOUCHSEAL_PROCESSORS=$processors "${optee[@]}" -- --test-threads=1 --exact "$@" </dev/null >"$said/$processors" 2>&1 &
    machines+=($!)
}
mapfile -t racing < <(grep '^hostile::snapshots::' <<<"$tests")
mapfile -t others < <(grep -v '^hostile::snapshots::' <<<"$tests")
suite 1 "${others[@]}"
suite 2 "${racing[@]}"
"${own[@]}" -- --test-threads=1 </dev/null &
machines+=($!)
status=0
for one in "${machines[@]}"; do wait "$one" || status=$?; done
machines=()
# libteec tells every refusal, and the hostile suite is made of them.
grep -hv 'TEEC:' "$said"/*
exit $status
