#!/usr/bin/env bash
# What the build does when the world is not as it should be: one clear sentence,
# what to do, a non-zero exit, and nothing half-made. Needs no network, no root.
set -euo pipefail
# Not the caller's cache, mirror or downloads.
unset DL_DIR DEBIAN_MIRROR TOUCHSEAL_TOOLBOX TOUCHSEAL_MESSAGES
repo=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TOUCHSEAL_CACHE=$scratch/cache

# refused NAME SENTENCE COMMAND...: COMMAND fails, says SENTENCE, and leaves no
# part of the platform behind, whole or not.
refused() {
    local name=$1 sentence=$2 said status=0
    shift 2
    mkdir -p "$TOUCHSEAL_CACHE"
    said=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ] || ! grep -qF -- "$sentence" <<<"$said"; then
        printf 'bad-input: %s: exit %s, and not "%s" but:\n%s\n' "$name" "$status" "$sentence" "$said"
        exit 1
    fi
    if compgen -G "$TOUCHSEAL_CACHE/*-*" || compgen -G "$TOUCHSEAL_CACHE/dl/*.part"; then
        echo "bad-input: $name: left that behind"
        exit 1
    fi
    rm -rf "$TOUCHSEAL_CACHE"
    echo "bad-input: $name: ok"
}

# In a shell with what the platform's scripts share.
script() { bash -c 'set -euo pipefail; . qemu/build/common.sh; . qemu/build/apt.sh; . qemu/build/sources.sh; eval "$0"' "$@"; }
cd "$repo"

refused "no mirror answers" "Cannot read the package lists of http://127.0.0.1:9/debian" \
    env DEBIAN_MIRROR=http://127.0.0.1:9/debian qemu/toolbox true
refused "a source archive cannot be had" "Could not download some.tar" \
    env DEBIAN_MIRROR=http://127.0.0.1:9/debian bash -c \
    '. qemu/build/common.sh; . qemu/build/apt.sh; . qemu/build/sources.sh; pinned some.tar 00 from_pool main/s some.tar'

mkdir "$scratch/dl"
echo spoilt >"$scratch/dl/some.tar"
refused "a wrong archive in DL_DIR" "is not the archive that touchseal pins" \
    env DL_DIR="$scratch/dl" bash -c \
    '. qemu/build/common.sh; . qemu/build/sources.sh; pinned some.tar 00 false'
[ -f "$scratch/dl/some.tar" ] || { echo "bad-input: a file of the person was removed"; exit 1; }
refused "a wrong archive from the mirror" "It was thrown away" \
    script 'wrong() { echo spoilt >"$1"; }; pinned some.tar 00 wrong'

# A machine with everything but unshare.
mkdir "$scratch/bin"
for tool in bash env dirname basename realpath readlink id mkdir cut cat sha256sum; do
    ln -s "$(command -v $tool)" "$scratch/bin/"
done
refused "no unshare" "The command unshare is missing" \
    env PATH="$scratch/bin" qemu/build/enter.sh / true
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/unshare"
chmod +x "$scratch/bin/unshare"
refused "no namespaces allowed" "does not let you make a mount namespace" \
    env PATH="$scratch/bin" qemu/build/enter.sh / true

refused "a cache that cannot be written" "Cannot write to /proc/touchseal" \
    env TOUCHSEAL_CACHE=/proc/touchseal qemu/toolbox true

refused "nothing was built to install" "Build it first: make programs." \
    env DESTDIR="$scratch/root" host/install/install.sh
refused "a PREFIX that is no path" "usr is not an absolute path." \
    env DESTDIR="$scratch/root" PREFIX=usr host/install/install.sh
[ ! -e "$scratch/root" ] || { echo "bad-input: half of it was installed"; exit 1; }

# On a disk of 4 MB of its own.
small_disk() {
    local namespaces=-rm
    [ "$(id -u)" != 0 ] || namespaces=-m
    # shellcheck disable=SC2016 # expanded inside
    unshare $namespaces bash -c 'mount -t tmpfs -o size=4m small "$TOUCHSEAL_CACHE" && "$@" && exit 0
        status=$?; ls -d "$TOUCHSEAL_CACHE"/*-* 2>/dev/null && echo "left behind"; exit $status' small_disk "$@"
}
refused "too small a disk" "MB free in" small_disk qemu/toolbox true
refused "a disk that fills up" "is full" small_disk \
    bash -c '. qemu/build/common.sh; part big 1 1 "something big" bash -c "head -c 8M /dev/zero >\$0/file"'

refused "a step that fails" "The last lines of" \
    script 'part some 1 1 "some step" bash -c "echo oh no; exit 1"'
refused "an interrupted step" "some step" \
    script 'part some 1 1 "some step" bash -c "kill -TERM $$; sleep 1"'

# What boots the firmware for tests builds it, also where no test ran before.
for goal in hostile test-guest test-firmware; do
    said=$(make --dry-run "$goal")
    grep -qF "platform.sh tests" <<<"$said" || { echo "bad-input: make $goal does not build what it boots"; exit 1; }
done
echo "bad-input: firmware for tests: ok"
