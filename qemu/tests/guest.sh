#!/usr/bin/env bash
# What boots machines, as many at a time as there are processors. Run by `make test-guest`,
# which has built what they need.
set -euo pipefail
cd "$(dirname "$0")/../.."
said=$(mktemp -d)
names=()
jobs=()
# Each job has a process group of its own, so that none goes on when this ends early.
set -m
ended() {
    for one in "${jobs[@]}"; do kill -- "-$one" 2>/dev/null || true; done
    rm -rf "$said"
}
trap ended EXIT

job() {
    while (($(jobs -pr | wc -l) == $(nproc))); do wait -n || true; done
    run "$@" </dev/null &
    names+=("$1")
    jobs+=($!)
}
run() {
    local name=$1 begun=$SECONDS
    shift
    if qemu/toolbox "$@" >"$said/$name" 2>&1; then touch "$said/$name.passed"; fi
    # libteec tells every refusal, and the hostile suite is made of them.
    printf '%s: %s s\n%s\n' "$name" $((SECONDS - begun)) "$(grep -v -e 'TEEC:' -e '^$' "$said/$name")"
}

# Sessions are opened as the process's effective uid, and a sensor has one line: one test at a time.
optee() {
    local name=$1 processors=$2
    shift 2
    job "$name" env TOUCHSEAL_SENSOR=simulated TOUCHSEAL_TIME_LIMIT=5000 TOUCHSEAL_PROCESSORS="$processors" \
        "${optee[@]}" -- --test-threads=1 --exact "$@"
}
suite() { job "$1" cargo test --quiet --test "$1" -- --test-threads=1; }
program() { job "$1" cargo run --quiet --release --package touchseal-qemu --bin "$@"; }

optee=(cargo test --quiet --target aarch64-unknown-linux-gnu --package touchseal --features teec --test optee)
qemu/toolbox "${optee[@]}" --no-run
qemu/toolbox cargo test --quiet --no-run --package touchseal-qemu --test '*'
tests=$(qemu/toolbox "${optee[@]}" -- --list | sed -n 's/: test$//p')
# An attacker's two threads take two processors.
mapfile -t racing < <(grep '^hostile::snapshots::' <<<"$tests")
mapfile -t others < <(grep -v '^hostile::snapshots::' <<<"$tests")
half=$((${#others[@]} / 2))

# A sensor's line takes more of a processor than a simulated sensor: by turns, the longest first.
suite storage
optee first-half 1 "${others[@]:0:half}"
suite faces
optee second-half 1 "${others[@]:half}"
suite hostile_kernel
suite sensor
optee snapshots 2 "${racing[@]}"
for one in secrets capi rollback hal rpmb_model guest; do suite "$one"; done
program demo -- --rehearse
program power-cut -- 3 --rehearse
program soak -- 24 8

wait
status=0
for name in "${names[@]}"; do
    if [ ! -e "$said/$name.passed" ]; then
        echo "$name: FAILED"
        status=1
    fi
done
exit $status
