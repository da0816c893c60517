#!/usr/bin/env bash
# What `make install` leaves under a DESTDIR: which files, of what modes and sizes, and whether a
# distribution can use them. After make programs.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
[ -n "${TOUCHSEAL_TOOLBOX:-}" ] || {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    DESTDIR=$scratch/root make --silent -C "$repo" install
    DESTDIR=$scratch/other PREFIX=/usr LIBDIR=/usr/lib64 make --silent -C "$repo" install 2>/dev/null
    "$repo/qemu/toolbox" "$0" "$scratch"
    exit
}
root=$1/root other=$1/other
local=$root/usr/local
failed() { printf 'install: %s\n' "$@"; exit 1; }
# same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || failed "$1: not" "$2" "but" "$3"; }

cd "$root"
find . -type f -printf '%8s %m %P\n' -o -type l -printf '%8s %m %P -> %l\n' | sort -k3
echo "$(find . -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum, "bytes in", NR, "files" }')"

hal=usr/local/libexec/vendor.touchseal.hardware.payment-service.optee
libraries=usr/local/lib/aarch64-linux-gnu
same "files besides the man pages and the trusted applications" "$(sort <<LIST
644 etc/rsbinder/hub.d/touchseal.toml
755 usr/local/bin/touchseal
755 $hal
644 $libraries/libtouchseal.so.0
644 $libraries/libtouchseal.a
644 $libraries/pkgconfig/touchseal.pc
644 usr/local/include/touchseal.h
644 usr/local/lib/systemd/system/touchseal-hal.service
644 usr/local/lib/sysusers.d/touchseal.conf
644 usr/local/lib/udev/rules.d/60-touchseal.rules
644 usr/local/share/bash-completion/completions/touchseal
644 usr/local/share/fish/vendor_completions.d/touchseal.fish
644 usr/local/share/zsh/site-functions/_touchseal
LIST
)" "$(find . -type f ! -path '*/man1/*' ! -name '*.ta' -printf '%m %P\n' | sort)"
same "other modes" "" "$(find . -type f '(' -path '*/man1/*' -o -name '*.ta' ')' ! -perm 644; find . -type d ! -perm 755)"
same "trusted applications" \
    "$(sed -n '/FINGERPRINT_TA.*SIMULATED/d; /SIMULATED/,/}/d; s/.*"\([0-9a-f-]\{36\}\)".*/\1.ta/p' "$repo/proto/src/lib.rs" | sort -u)" \
    "$(cd usr/lib/optee_armtz && ls | sort)"

# The libraries: found by their names, for the right machine, with the names inside that are outside.
same "libtouchseal.so" "$root/$libraries/libtouchseal.so.0" "$(realpath "$libraries/libtouchseal.so")"
for file in usr/local/bin/touchseal $hal $libraries/libtouchseal.so.0; do
    # Not a pipe: grep ends at the first line, and what writes into it would fail.
    grep -q 'Machine:.*AArch64' <(readelf --file-header "$file") || failed "$file is for another machine"
done
grep -qF 'Library soname: [libtouchseal.so.0]' <(readelf --dynamic "$libraries/libtouchseal.so.0") || failed "libtouchseal.so.0 has another SONAME"
for file in "$local"/lib/{aarch64-linux-gnu/pkgconfig/touchseal.pc,systemd/system/touchseal-hal.service}; do
    ! grep -n '@[A-Z]*@' "$file" || failed "$file is not filled in"
done
grep -q '^libdir=/usr/lib64$' "$other/usr/lib64/pkgconfig/touchseal.pc" || failed "LIBDIR is not in touchseal.pc"
grep -q "^ExecStart=/usr/libexec/" "$other/usr/lib/systemd/system/touchseal-hal.service" || failed "PREFIX is not in the unit"

# Each command has a page, and each renders without a warning. That a page has no date is meant.
warnings=$(mandoc -T lint -W warning "$local"/share/man/man1/*.1 | grep -v 'missing date, using ""' || true)
same "warnings about the man pages" "" "$warnings"
for page in "$local"/share/man/man1/*.1; do
    grep -q "^touchseal" <(mandoc -T utf8 "$page") || failed "$page renders as nothing"
done
[ -f "$local/share/man/man1/touchseal-soter-sign.1" ] || failed "touchseal soter sign has no page"

# shellcheck disable=SC2016 # expanded by that shell
completed=$(bash -euc '
    . "$1"
    complete -p touchseal >/dev/null
    COMP_WORDS=(touchseal soter sign --ch) COMP_CWORD=3
    _touchseal touchseal --ch sign
    echo "${COMPREPLY[*]}"' bash "$local/share/bash-completion/completions/touchseal")
same "what bash completes" "--challenge" "$completed"
same "the first line for zsh" "#compdef touchseal" "$(head -n 1 "$local/share/zsh/site-functions/_touchseal")"

# As systemd on the device sees it, where the program has another path here.
sed "s|^ExecStart=|&$root|" usr/local/lib/systemd/system/touchseal-hal.service >"$1/touchseal-hal.service"
systemd-analyze verify --man=no --recursive-errors=no "$1/touchseal-hal.service" || failed "systemd does not take the unit"
number=$(sed -n 's/^pub const HAL_UID: u32 = \([0-9]*\);$/\1/p' "$repo/proto/src/lib.rs")
grep -q "^u touchseal-hal $number " usr/local/lib/sysusers.d/touchseal.conf || failed "the HAL's user is not $number"
echo "install: ok"
