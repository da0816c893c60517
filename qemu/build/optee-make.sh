# shellcheck shell=bash
# OP-TEE's build, in one place: its configuration must be the same for the
# development kit and for the image. Sourced after common.sh and sources.sh.

# shellcheck disable=SC2034 # used where this is sourced
readonly OPTEE_IMAGES=(../out/core/tee-{header,pager,pageable}_v2.bin)

# optee_make DIR TARGET-OR-SETTING...: DIR holds src and out.
optee_make() {
    local dir=$1 settings
    shift
    settings=(
        PLATFORM=vexpress-qemu_armv8a CFG_ARM64_core=y CFG_USER_TA_TARGETS=ta_arm64
        CFG_ARM_GICV3=y DEBUG=0

        # Sealed data is in the RPMB partition and nowhere else. The key is
        # derived from the device's hardware key, and never written from here:
        # CFG_RPMB_WRITE_KEY would also send every frame through tee-supplicant.
        CFG_RPMB_FS=y CFG_REE_FS=n CFG_RPMB_WRITE_KEY=n CFG_RPMB_TESTKEY=n
        CFG_RPMB_FS_CACHE_ENTRIES=64
        # The FAT is walked so many entries a request to the normal world.
        CFG_RPMB_FS_RD_ENTRIES=32

        # The second UART, which the normal world cannot reach, is the fingerprint
        # sensor's; the console is on the first. Another board says where its own is.
        CFG_CONSOLE_UART0=y CFG_SECURE_UART_PTA=y CFG_SECURE_UART_BASE=0x09040000
        CFG_SECURE_UART_CLK_HZ=24000000 CFG_SECURE_UART_BAUD=57600

        # TAs are part of the image. Set from the start, so that adding them
        # rebuilds nothing else.
        CFG_EARLY_TA=y

        # Seven to eight times faster at P-256 and RSA than the defaults.
        CFG_CRYPTOLIB_NAME=mbedtls CFG_CRYPTOLIB_DIR=lib/libmbedtls CFG_CC_OPT_LEVEL=2

        CFG_TEE_CORE_LOG_LEVEL=2 CFG_TEE_TA_LOG_LEVEL=2
    )
    "$REPO/qemu/toolbox" make -C "$dir/src" O=../out -j"$(nproc)" \
        TEE_IMPL_VERSION="$OPTEE_VERSION" \
        CROSS_COMPILE=aarch64-linux-gnu- \
        CROSS_COMPILE_core=aarch64-linux-gnu- \
        CROSS_COMPILE_ta_arm64=aarch64-linux-gnu- \
        "${settings[@]}" "$@"
}
