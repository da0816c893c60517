#!/usr/bin/env bash
# ta/product.sh KIT: refuses the development kit of an OP-TEE that is none for a product, by how
# core was configured. Says all that is wrong, and why.
set -euo pipefail
. "$(dirname "$0")/../qemu/build/common.sh"

kit=$1
conf=$kit/host_include/conf.mk
[ -f "$conf" ] || die "$kit is no development kit of OP-TEE: there is no $conf." \
    "Build OP-TEE's target ta_dev_kit for your product, and name its export-ta_arm64: make dist TA_DEV_KIT_DIR=<directory>."
grep -qx 'sm := ta_arm64' "$kit/mk/conf.mk" || die "$kit is not for 64-bit TAs." \
    "Build OP-TEE with CFG_USER_TA_TARGETS=ta_arm64, and name its export-ta_arm64."

value_of() { sed -n "s/^$1=//p" "$conf" | tail -n 1; }

wrong=0
# must SETTING VALUE WHY-NOT-ANOTHER
must() {
    local found
    found=$(value_of "$1")
    [ "${found:-n}" != "$2" ] || return 0
    wrong=$((wrong + 1))
    say "  $1=${found:-n}, and must be $2: $3"
}
# at_least SETTING NUMBER WHY-NOT-LESS
at_least() {
    local found
    found=$(value_of "$1")
    [[ $found =~ ^[0-9]+$ ]] && [ "$found" -ge "$2" ] && return
    wrong=$((wrong + 1))
    say "  $1=$found, and must be $2 or more: $3"
}

at_least CFG_OPTEE_REVISION_MAJOR 4 "before 4.10 a write to an object of several blocks damages it"
[ "$(value_of CFG_OPTEE_REVISION_MAJOR)" != 4 ] ||
    at_least CFG_OPTEE_REVISION_MINOR 10 "before 4.10 a write to an object of several blocks damages it"
at_least CFG_NUM_THREADS 2 "while a key is made nobody else could pay"
must CFG_INSECURE n "OP-TEE's own mark of a developer's build, in which zeros count as a hardware key"
must CFG_RPMB_FS y "keys are sealed in the RPMB, and nowhere else"
must CFG_RPMB_TESTKEY n "the RPMB's key is public then: who has it forges what is sealed, and rolls it back"
must CFG_RPMB_WRITE_KEY n "OP-TEE then gives the RPMB's key, in the clear, to any normal world that shows it an empty RPMB; the factory programs it, with a build of its own"
must CFG_RPMB_RESET_FAT n "all keys are lost at each boot then"
must CFG_RPMB_FS_DEBUG_DATA n "what is written to the RPMB is on the console then"
must CFG_REE_FS_ALLOW_RESET n "the normal world can then have OP-TEE forget which versions of TAs it has loaded"
[ "$(value_of CFG_REE_FS)" != y ] ||
    must CFG_REE_FS_INTEGRITY_RPMB y "else the normal world can have OP-TEE forget which versions of TAs it has loaded"
must CFG_SECURE_TIME_SOURCE_CNTPCT y "locks and tokens end by the processor's counter, which the normal world cannot move"
must CFG_SYSTEM_PTA y "a TA asks it whether the hardware key is public; without it no device can be latched"
must CFG_WITH_SOFTWARE_PRNG n "its generator begins with a clock where the platform has nothing better, and keys come of it"
must CFG_CORE_UNSAFE_MODEXP n "how long RSA takes tells the private key then"
must CFG_TEE_CORE_EMBED_INTERNAL_TESTS n "core then has pseudo TAs for tests, which the normal world may call"
must CFG_TEE_CORE_DEBUG n "for development: core then ends at what it would else refuse"
must CFG_TEE_CORE_MALLOC_DEBUG n "for development"
must CFG_TEE_TA_MALLOC_DEBUG n "for development"
must CFG_FTRACE_SUPPORT n "how a TA ran is told to the normal world then"
must CFG_TA_GPROF_SUPPORT n "how a TA ran is told to the normal world then"
must CFG_SEMIHOSTING n "a debugger is given core's files then"
[ $wrong = 0 ] || die "The OP-TEE of $kit is not for a product: $wrong of its settings, above." \
    "Build OP-TEE with these settings, flash that OP-TEE, and name its development kit."
