# For the tests of this folder that are shell scripts: counting, and podman
# with a store of its own.
#
#     . "$(dirname "$0")/lib.sh"
#     check NAME COMMAND...      passes when the command ends with 0
#     pass NAME; fail NAME WHY; skip NAME WHY
#     need_podman                ends the test, as skipped, where it cannot run
#     need_base                  the stand-in for debian:bookworm-slim
#     on_exit COMMAND            to be run last, in reverse order
#     closing                    the last line, and the exit code
#
# The test is in the top of the checkout ($ROOT), has $WORK, a folder that is
# removed, and $CACHE, one below build/ that is kept.
#
# shellcheck shell=sh

set -u

ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
cd "$ROOT" || exit 2

CACHE=$ROOT/build/deploy
WORK=$(mktemp -d) || exit 2
PASSED=0 FAILED=0 SKIPPED=0 CLEANUP=''

export SHARED="${FACETREE_SHARED:-$ROOT/../shared}"
export OLIVETTI="${FACETREE_OLIVETTI:-$SHARED/data/olivettifaces.mat}"

mkdir -p "$CACHE"
chmod 755 "$WORK"

on_exit() { CLEANUP="$1; $CLEANUP"; }

# shellcheck disable=SC2317
clean_up() {
    trap '' INT TERM HUP
    eval "$CLEANUP"
    rm -rf "$WORK"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP


pass() { PASSED=$((PASSED + 1)); printf 'ok %s\n' "$1"; }
fail() { FAILED=$((FAILED + 1)); printf 'FAILED %s: %s\n' "$1" "$2"; }
skip() { SKIPPED=$((SKIPPED + 1)); printf 'skipped %s: %s\n' "$1" "$2"; }

check() {
    name=$1
    shift
    if "$@" > "$WORK/check.log" 2>&1; then
        pass "$name"
    else
        fail "$name" "$* ended with $?"
        tail -n 30 "$WORK/check.log"
        return 1
    fi
}

closing() {
    printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
    [ $FAILED = 0 ]
    exit
}

skip_all() { skip "$@"; closing; }

# Seconds with a point since the epoch; arithmetic is awk's.
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }


# podman with images, containers and networks of its own: what is on this
# machine is neither used nor touched.  The store is kept below build/, since
# the layers in it take a minute to make.  One test at a time has it.

need_podman() {
    [ "$(id -u)" = 0 ] || skip_all podman 'needs root'
    for program in podman runc debootstrap; do
        command -v $program > /dev/null \
            || skip_all podman "there is no $program"
    done

    exec 9> "$CACHE/lock"
    flock 9

    id=$(printf '%s' "$ROOT" | cksum | cut -d ' ' -f 1)
    RUNROOT=/run/facetree-$id

    cat > "$WORK/containers.conf" <<END
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$RUNROOT/libpod"
END
    cat > "$WORK/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$CACHE/storage"
runroot = "$RUNROOT/run"
END
    export CONTAINERS_CONF="$WORK/containers.conf"
    export CONTAINERS_STORAGE_CONF="$WORK/storage.conf"

    on_exit close_podman
    podman info > "$WORK/podman.log" 2>&1 \
        || skip_all podman "cannot run here: $(tail -n 1 "$WORK/podman.log")"
}

# shellcheck disable=SC2317
close_podman() {
    podman pod rm -af -t 0 > /dev/null 2>&1
    podman rm -af -t 0 > /dev/null 2>&1
    podman volume prune -f > /dev/null 2>&1
    podman umount -a > /dev/null 2>&1
    umount "$CACHE/storage/overlay" 2> /dev/null
    rm -rf "$RUNROOT"
}


# Debian's base image as debootstrap makes it, under the name that FROM asks
# for.  Registries are not asked: the test is of our Dockerfile.

BASE=docker.io/library/debian:bookworm-slim

need_base() {
    podman image exists "$BASE" && return

    mirror=$(sed -n 's/^URIs: *//p;s/^deb  *\(http[^ ]*\) .*/\1/p' \
                 /etc/apt/sources.list.d/debian.sources \
                 /etc/apt/sources.list 2> /dev/null | head -n 1)
    mirror=${mirror:-http://deb.debian.org/debian}
    rootfs=$CACHE/rootfs.new
    rm -rf "$rootfs"

    debootstrap --variant=minbase bookworm "$rootfs" "$mirror" \
        > "$WORK/debootstrap.log" 2>&1 \
        || skip_all base "debootstrap: $(tail -n 1 "$WORK/debootstrap.log")"

    # As in the image: updates, and security where there is such a mirror.
    if [ -e /etc/apt/sources.list.d/debian.sources ]; then
        rm -f "$rootfs/etc/apt/sources.list"
        cp /etc/apt/sources.list.d/debian.sources \
           "$rootfs/etc/apt/sources.list.d/"
    fi

    tar -C "$rootfs" --exclude='./var/cache/apt/archives/*.deb' -c . \
        | podman import - "$BASE" > "$WORK/import.log" 2>&1 \
        || skip_all base "podman import: $(tail -n 1 "$WORK/import.log")"
    rm -rf "$rootfs"
}


# The checkout as a stranger has it: what git knows, nothing that was built.

checkout() {
    mkdir -p "$1"
    git ls-files --cached --others --exclude-standard \
        | tar -c --ignore-failed-read -T - 2> /dev/null | tar -x -C "$1"
}
