#!/usr/bin/env bash
# fuzz.sh TARGET|all SECONDS: fuzzes a target of ta/core/fuzz for so long, or all of them,
# one after the other. Fails when there is a finding.
set -euo pipefail
. "$(dirname "$0")/common.sh"

folder=ta/core/fuzz
names=$(cd "$REPO/$folder/fuzz_targets" && printf '%s\n' *.rs | sed 's/\.rs$//')
case $1 in all) targets=$names ;; *) targets=$1 ;; esac
grep -qxF -- "$targets" <<<"$names" || [ "$1" = all ] || die \
    "There is no fuzz target $1." "The targets: all, $(paste -sd, <<<"$names" | sed 's/,/, /g')."
[[ $2 =~ ^[1-9][0-9]*$ ]] || die "For $2 seconds nothing can be fuzzed." "Say for how long: make fuzz SECONDS=60."

build=$REPO/qemu/build
QUIET=1 part cargo-fuzz "$(key "$build"/{cargo-fuzz,apt}.sh)" 1000 \
    "cargo-fuzz and libFuzzer, about 2 minutes" "$build/cargo-fuzz.sh"
cd "$REPO"
work=$CACHE/fuzz
# A sanitizer would watch unsafe code, of which there is none here.
"$REPO/qemu/toolbox" env PATH="$PART/bin:/usr/bin:/usr/sbin" CUSTOM_LIBFUZZER_PATH="$PART/libFuzzer.a" \
    RUSTC_WRAPPER="$REPO/$folder/rustc.sh" cargo fuzz build --fuzz-dir $folder --target-dir "$work/target" \
    --sanitizer none --features libfuzzer

said() { sed -n "s/$1/\1/p" "$log" | tail -n 1; }
table=$work/table
row() { printf '%-10s %12s %8s %9s %9s\n' "$@" >>"$table"; }
: >"$table"
row target executions edges features findings
findings=0
for target in $targets; do
    mkdir -p "$work/corpus/$target" "$work/findings/$target"
    log=$work/$target.log
    say "$target: $2 s, with the log in $log"
    # What it finds interesting stays in the first folder; the repository's is not changed.
    status=0
    "$REPO/qemu/toolbox" "$work/target/x86_64-unknown-linux-gnu/release/$target" \
        "$work/corpus/$target" "$folder/corpus/$target" \
        -artifact_prefix="$work/findings/$target/" -max_total_time="$2" -timeout=60 \
        -len_control=0 -print_final_stats=1 >"$log" 2>&1 || status=$?
    # It ends at the first one.
    found=$(said '.*Test unit written to \(.*\)')
    [ -n "$found" ] || [ "$status" = 0 ] || die "The fuzzer of $target failed." "The log is $log."
    row "$target" "$(said 'stat::number_of_executed_units: *\([0-9]*\)')" \
        "$(said '.* cov: \([0-9]*\) .*')" "$(said '.* ft: \([0-9]*\) .*')" "$([ -n "$found" ] && echo 1 || echo 0)"
    [ -n "$found" ] || continue
    findings=$((findings + 1))
    say "$(sed -n '/panicked at/,/^note:/p' "$log" | head -n 5)"
    say "$target: a finding, again with: qemu/toolbox $work/target/x86_64-unknown-linux-gnu/release/$target $found"
done
cat "$table"
[ "$findings" = 0 ] || die "Findings in $findings of the targets: their inputs are named above." \
    "A test comes first, then what it shows is mended: see $folder/README.md."
