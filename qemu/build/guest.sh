#!/usr/bin/env bash
# Fills a directory with initrd.cpio, the guest's whole root file system; client, what a
# program links with to talk to OP-TEE; and valgrind, which tests share with the guest.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

# rsb_hub refuses a configuration that others may write.
umask 022
out=$1
unpacked=$out/packages
unpack_packages "$unpacked" "trixie trixie-updates" \
    busybox-static:arm64 libc6:arm64 libgcc-s1:arm64 libcap-ng0:arm64 libteec2:arm64 \
    alone:util-linux:arm64 alone:mmc-utils:arm64 alone:optee-client-dev:arm64 \
    alone:valgrind:arm64 alone:libc6-dbg:arm64
libraries=usr/lib/aarch64-linux-gnu

root=$out/root
mkdir -p "$root"/{dev,etc,proc,root,sys,tmp,usr/bin,$libraries}
for dir in bin lib sbin; do ln -s usr/$dir "$root/$dir"; done
ln -s bin "$root/usr/sbin"
cp "$REPO/qemu/guest/init" "$root/init"
install -m 755 "$REPO"/qemu/guest/{as,finger} "$root/usr/bin/"
chmod 755 "$root/init"
cp "$unpacked/usr/bin/busybox" "$root/usr/bin/"
cp "$unpacked"/usr/bin/{setpriv,mmc} "$root/usr/bin/"
cp -a "$unpacked/$libraries"/*.so* "$root/$libraries/"
cp -a "$unpacked"/usr/lib/ld-linux-aarch64.so.1 "$root/usr/lib/"
install -D -m 644 -t "$root/etc/rsbinder/hub.d" "$REPO/host/hal/linux/touchseal.toml"
echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
(cd "$root" && find . | sort | "$REPO/qemu/toolbox" cpio --quiet -o -H newc -R 0:0 --reproducible) \
    >"$out/initrd.cpio"

# Valgrind reads the symbols of the loader from libc6-dbg.
mkdir "$out/valgrind"
cp "$unpacked/usr/bin/valgrind.bin" "$out/valgrind/valgrind"
cp "$unpacked"/usr/libexec/valgrind/{default.supp,{,vgpreload_}memcheck-arm64-linux*,vgpreload_core-arm64-linux.so} "$out/valgrind/"
cp -a "$unpacked/usr/lib/debug" "$out/valgrind/"
rm -r "$unpacked/usr/include/valgrind"

# The build script of optee-teec looks for usr/lib/libteec.so.
mkdir -p "$out/client/usr/lib"
cp -a "$unpacked/usr/include" "$out/client/usr/"
cp -a "$unpacked/$libraries"/libteec.so* "$out/client/usr/lib/"
sed -n 's/^libteec2_\(.*\)_arm64.deb/libteec \1/p' "$unpacked/packages" >"$out/versions"
rm -rf "$root" "$unpacked"
