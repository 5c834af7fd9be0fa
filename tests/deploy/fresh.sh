#!/bin/sh
#
# Both commands of the README on fresh machines: ./demo.sh, and ./tests/run.sh
# with all of its groups.  "make fresh" calls it; it takes an hour and more for
# each release.  test_fresh.sh is what ./tests/run.sh has time for.
#
#     tests/deploy/fresh.sh [-r RELEASE]... [-u USER]... [GROUP...]
#
#     RELEASE  bookworm or trixie (default: both)
#     USER     root, or visitor, who has sudo (default: both)
#     GROUP    of tests/run.sh (default: all)
#
# A machine is a root that debootstrap has just made, with the checkout in it
# and nothing else: no terminal, no shared folder, no way to the faces that the
# demo would download.  It shares the network and the kernel with this machine.
# What it runs is in namespaces of its own, so that all of it ends and all of
# its mounts go with this script.
#
# Logs are left in build/fresh.  Closing lines, failures and skips are printed,
# and last the counts of the commands.  Needs root and debootstrap.

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

RELEASES='' USERS='' LOGS=$ROOT/build/fresh

usage() { sed -n '7,11s/^#//p' tests/deploy/fresh.sh >&2; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
        -r) RELEASES="$RELEASES ${2:?}"; shift ;;
        -u) USERS="$USERS ${2:?}"; shift ;;
        -*) usage ;;
        *) break ;;
    esac
    shift
done

RELEASES=${RELEASES:-bookworm trixie} USERS=${USERS:-root visitor}

[ "$(id -u)" = 0 ] || skip_all fresh 'needs root'
command -v debootstrap > /dev/null || skip_all fresh 'there is no debootstrap'


# A command in the machine, without a terminal and with nothing of this shell's
# environment.  The script is its first process, and all others end with it.

# shellcheck disable=SC2016
inside() {
    root=$1
    shift
    setsid --wait env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        unshare --mount --propagation private --pid --fork --kill-child \
        sh -eu -c '
            mount -t proc proc "$1/proc"
            mount --rbind /sys "$1/sys"
            mount --bind /dev "$1/dev"
            mount -t tmpfs tmpfs "$1/dev/shm"
            mount -t tmpfs tmpfs "$1/run"
            exec chroot "$@"' sh "$root" "$@" < /dev/null
}

# The network is this machine's, and so are its names and its proxy.  The hosts
# that the demo would ask for faces are nowhere.

connect() {
    cp /etc/resolv.conf /etc/hosts "$1/etc/"
    sed -n 's|.*"https\{0,1\}://\([^/"]*\)/.*|127.0.0.1 \1|p' \
        trainer/cmd_fetch.c >> "$1/etc/hosts"
    apt-config dump | grep -E '^Acquire::(https?::|Check-)' \
        > "$1/etc/apt/apt.conf.d/90machine"
    mkdir -p "$1/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt \
        "$1/usr/local/share/ca-certificates/" 2> /dev/null
}

# A machine of this release for this user, with the checkout in his home.

machine() {
    [ -e "$WORK/$1" ] || debian_root "$1" "$WORK/$1" \
        || skip_all "$1" "debootstrap: $(tail -n 1 "$WORK/debootstrap.log")"
    rm -rf "$WORK/root"
    cp -a "$WORK/$1" "$WORK/root"
    connect "$WORK/root"

    if [ "$2" = visitor ]; then
        inside "$WORK/root" sh -eu -c '
            apt-get update -qq
            apt-get install -y -qq --no-install-recommends sudo
            useradd --create-home --home-dir /srv/visitor --shell /bin/sh \
                visitor
            echo "visitor ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/visitor' \
            > "$WORK/apt.log" 2>&1 || skip_all "$1" "$(tail -n 1 "$WORK/apt.log")"
        home=/srv/visitor
    else
        home=/root
    fi

    git clone -q --no-hardlinks "$ROOT" "$WORK/root$home/facetree" \
        2> /dev/null
    checkout "$WORK/root$home/facetree"
    inside "$WORK/root" chown -R "$2:" "$home"
}

# One of the two commands, its log, and what of that is worth a look.

try() {
    log=$LOGS/$RELEASE-$LOGIN-$1.log
    began=$(now)
    inside "$WORK/root" su "$LOGIN" -c "cd ~/facetree && $2" > "$log" 2>&1
    code=$?
    sed -n '/^==> data:/p;/^accuracy /p;/^FAILED/p;/^==> skipped/,$p' "$log" \
        | sed 's/^/  /'
    if [ $code = 0 ]; then
        pass "$CONTEXT$2, $(since "$began") s"
    else
        fail "$CONTEXT$2" "it ended with $code, see $log"
        tail -n 5 "$log"
    fi
}


mkdir -p "$LOGS"

for RELEASE in $RELEASES; do
    for LOGIN in $USERS; do
        CONTEXT="$RELEASE, $LOGIN: "
        machine "$RELEASE" "$LOGIN"
        printf '%s, %s\n' "$RELEASE" "$LOGIN"
        try demo './demo.sh && ./demo.sh --stop'
        try tests "./tests/run.sh${*:+ $*}"
    done
done

closing
