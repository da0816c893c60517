# shellcheck shell=bash
# Debian packages without touching the machine's own apt: a private
# configuration, state and cache, and nothing but downloads.
# Sourced after common.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The first Debian mirror in the machine's own apt configuration. Third-party
# entries are told apart by their suites.
debian_mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then
        echo "${DEBIAN_MIRROR%/}"
        return
    fi
    local suites='(oldstable|stable|testing|unstable|bookworm|trixie|forky|duke|sid)'
    {
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
            sed -nE "s/^deb +(\[[^]]*\] +)?([^ ]+) +$suites(-[a-z]+)? +(.* )?main( .*)?$/\2/p"
        awk -v suites="^$suites\$" '
            function flush() { if (uri && suite && main) print uri; uri = suite = main = "" }
            /^$/ || FNR == 1 { flush() }
            /^URIs:/ { uri = $2 }
            /^Suites:/ { for (i = 2; i <= NF; i++) if ($i ~ suites) suite = 1 }
            /^Components:/ { for (i = 2; i <= NF; i++) if ($i == "main") main = 1 }
            END { flush() }
        ' /etc/apt/sources.list.d/*.sources 2>/dev/null
    } | grep -v -- '-security' | sed 's|/*$||' | head -n 1
}

# private_apt STATE SUITE...: writes a configuration to $STATE/apt.conf.
private_apt() {
    local state=$1 mirror suite
    shift
    command -v apt-get >/dev/null && [ -r $KEYRING ] || die \
        "This machine has no apt, or not the keys of the Debian archive." \
        "Run it on Debian 12 or newer, or install apt and debian-archive-keyring."
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "No Debian mirror found in /etc/apt." \
        "Name one: make DEBIAN_MIRROR=<address of a Debian mirror>."

    mkdir -p "$state"/{lists/partial,cache} "$(downloads)/debs/partial"
    : >"$state/status"
    for suite in "$@"; do
        echo "deb [signed-by=$KEYRING] $mirror $suite main"
    done >"$state/sources.list"
    {
        # How the machine reaches its mirror (proxies and such), and no hooks.
        apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
        cat <<CONF
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::ForceHash "SHA256";
// A machine whose clock is off, or a mirror that is behind, is no danger here:
// everything is still checked against the archive's signature.
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$state/none";
Dir::Etc::preferences "$state/preferences";
Dir::Etc::preferencesparts "$state/none";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/none";
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Cache::archives "$(downloads)/debs";
Dir::Log "$state";
CONF
    } >"$state/apt.conf"
    mkdir -p "$state/none"
}

# as_other NAME OTHER: NAME=VERSION, in the newest version whose upstream part is that of
# OTHER's candidate. An architecture may be some days behind the others in a suite.
as_other() {
    local upstream version
    upstream=$(apt-cache show --no-all-versions "$2" | sed -nE '1,/^$/s/^Version: ([^+~-]*).*/\1/p')
    version=$(apt-cache madison "$1" | awk -v upstream="$upstream" \
        '{ v = $3; sub(/[+~-].*/, "", v) } v == upstream && !found { found = $3 } END { print found }')
    [ -n "$version" ] || die \
        "No suite of $(debian_mirror) has $1 in version $upstream, which $2 has." \
        "A mirror in the middle of an update is fine again in some days. Or name another: make DEBIAN_MIRROR=<address>."
    echo "$1=$version"
}

# unpack_packages ROOT SUITES PACKAGE...: downloads the packages and all that
# they depend on, and unpacks them in ROOT. Leaves the list in ROOT/packages.
# A package written alone:NAME comes without what it depends on, and alone:NAME=OTHER in
# the upstream version that OTHER has.
# NEWER names the packages to take from backports. From the suite REST comes nothing but
# what no other suite has in the version of another package.
unpack_packages() {
    local root=$1 suites=$2 state=$1/.apt debs package file
    local alone=() packages=()
    shift 2
    for package in "$@"; do
        case $package in
        alone:*) alone+=("${package#alone:}") ;;
        *) packages+=("$package") ;;
        esac
    done
    debs=$(downloads)/debs
    # shellcheck disable=SC2086 # a list of suites
    private_apt "$state" $suites ${REST:-}
    {
        [ -z "${NEWER:-}" ] || printf 'Package: %s\nPin: release n=*-backports\nPin-Priority: 990\n\n' "$NEWER"
        [ -z "${REST:-}" ] || printf 'Package: *\nPin: release n=%s\nPin-Priority: -1\n' "$REST"
    } >"$state/preferences"
    export APT_CONFIG=$state/apt.conf
    apt-get update -q --error-on=any || die \
        "Cannot read the package lists of $(debian_mirror)." \
        "Check the network, or name another mirror: make DEBIAN_MIRROR=<address>. Details: $LOGS."
    for package in "${!alone[@]}"; do
        case ${alone[package]} in *=*) alone[package]=$(as_other "${alone[package]%=*}" "${alone[package]#*=}") ;; esac
    done
    # With an empty archive folder every package is listed, fetched or not.
    {
        apt-get install -qq --print-uris -o Dir::Cache::archives="$state/none" "${packages[@]}" &&
            { [ ${#alone[@]} = 0 ] || apt-get download -qq --print-uris "${alone[@]}"; }
    } >"$state/uris" || die \
        "The suites $suites of $(debian_mirror) cannot satisfy what the platform needs." \
        "Details: $LOGS. A mirror in the middle of an update is fine again in an hour."
    # A read-only DL_DIR may have some of them.
    if [ "$debs" != "$DL_DIR/debs" ] && [ -d "$DL_DIR/debs" ]; then
        cp -sn "$DL_DIR"/debs/*.deb "$debs/" 2>/dev/null || true
    fi
    {
        apt-get install -q -y --download-only "${packages[@]}" &&
            { [ ${#alone[@]} = 0 ] || (cd "$debs" && apt-get download -q "${alone[@]}"); }
    } || die \
        "Could not download packages from $(debian_mirror)." \
        "Check the network and try again: what has arrived is kept in $debs."
    # apt itself trusts a file that it finds there when the size is right.
    while read -r _ file _ hash; do
        [ "SHA256:$(sha256sum <"$debs/$file" | cut -d' ' -f1)" = "$hash" ] || die \
            "$debs/$file is not the package that Debian signed: its sha256 is not ${hash#*:}." \
            "Remove it and try again: it will be downloaded afresh."
    done <"$state/uris"
    cut -d' ' -f2 "$state/uris" | sort >"$root/packages"
    while read -r file; do
        dpkg-deb --fsys-tarfile "$debs/$file" |
            tar -C "$root" -x --keep-directory-symlink --no-same-owner
    done <"$root/packages"
    rm -rf "$state"
}
