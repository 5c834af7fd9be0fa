#!/bin/sh
#
# Machines on which there is nothing but Debian and the checkout, one for each
# release: the two commands of the README.  What a machine in use has by chance
# is missing here.  fresh.sh runs all groups of tests so, for as long as it
# takes.

# Called by "check".
# shellcheck disable=SC2317

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

RELEASES='bookworm trixie'

# What ./tests/run.sh is asked for: all that a container can do in minutes.
TESTS='style unit'

inside() { podman exec -w /opt/facetree "$MACHINE" "$@"; }

# Runs a command and keeps what it has said.
heard() { inside "$@" > "$WORK/heard" 2>&1 || { cat "$WORK/heard"; false; }; }

says() { grep -qE "$1" "$WORK/heard" || { cat "$WORK/heard"; false; }; }

nginx_runs() { podman top "$MACHINE" args | grep -q '^nginx: '; }

# Says how a wrong option is wrong, in a line, and with the code for that.
refuses() {
    wanted=$1
    shift
    inside ./demo.sh "$@" > "$WORK/heard" 2>&1
    same "$wanted" $? && says '^(demo.sh: |usage: )'
}

# The line that demo.sh has printed, as a reader would copy it.
follow_curl_line() {
    line=$(grep -o 'curl -F .*' "$WORK/heard") || return
    inside sh -c "$line -fsS" > "$WORK/answer" \
        && grep -q '"predictions": *\[{"label": *"' "$WORK/answer"
}

# Nothing that would start nginx at the next boot, nothing left of ours.
no_service() {
    ! inside sh -c 'ls /etc/rc?.d/S??nginx \
        /etc/systemd/system/*.wants/nginx.service /usr/sbin/policy-rc.d' \
        2> /dev/null | grep .
}


test_demo() {
    began=$(now)
    check 'demo.sh works on a fresh machine' heard ./demo.sh
    printf '  %s: demo.sh, the first time: %s s\n' "$RELEASE" "$(since "$began")"
    check 'it says which faces it uses' says '^==> data: .*(SYNTHETIC|Olivetti)'
    check 'it says how good the model is' says '^accuracy '
    check 'it says where it is' says 'http://localhost:5000/$'
    check 'its curl line works' follow_curl_line
    check 'it leaves no service behind' no_service

    began=$(now)
    check 'a second run works' heard ./demo.sh
    printf '  %s: demo.sh, the second time: %s s\n' "$RELEASE" "$(since "$began")"
    check 'it trains nothing' says 'is up to date'
    check 'it installs nothing' fails says 'installing'

    inside build/facetree synth --people 4 --quiet /tmp/faces
    check 'it takes a folder of faces and a port' heard \
        ./demo.sh --data /tmp/faces --port 5001
    check 'it says that it does' says '^==> data: /tmp/faces'
    check 'its curl line works there' follow_curl_line

    check 'it refuses a port' refuses 1 --port 65536
    check 'it refuses a word for a port' refuses 1 --port http
    check 'it refuses data that is not there' refuses 1 --data /nowhere
    check 'it refuses an option' refuses 2 --nonsense
    check 'it explains itself' heard ./demo.sh --help

    check 'it stops one' heard ./demo.sh --stop --port 5001
    check 'and leaves the other' inside curl -fsS -o /dev/null \
        http://localhost:5000/
    check 'it stops the other' heard ./demo.sh --stop
    check 'nothing is left running' fails nginx_runs
    check 'it stops nothing twice' heard ./demo.sh --stop
}


# Without root, once the packages are there; and in a checkout that was moved.

test_user() {
    inside useradd --create-home visitor
    inside sh -c 'cp -a . ~visitor/facetree && chown -R visitor: ~visitor/'
    check 'demo.sh works without root' heard su visitor -c \
        'cd ~/facetree && ./demo.sh --data /tmp/faces --port 5002'
    check 'its curl line works' follow_curl_line
    check 'it stops' heard su visitor -c \
        'cd ~/facetree && ./demo.sh --stop --port 5002'
    check 'nothing is left running' fails nginx_runs

    inside apt-get install -y -qq --no-install-recommends sudo \
        > "$WORK/apt.log" 2>&1
    inside sh -c 'echo "visitor ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/visitor
        apt-get remove -y -qq libmatio-dev' >> "$WORK/apt.log" 2>&1
    check 'demo.sh works with sudo' heard su visitor -c \
        'cd ~/facetree && ./demo.sh --data /tmp/faces --port 5002'
    check 'it installs what is missing' says '^==> installing libmatio-dev$'
    check 'it stops' heard su visitor -c \
        'cd ~/facetree && ./demo.sh --stop --port 5002'
}


test_tests() {
    began=$(now)
    # shellcheck disable=SC2086
    check "tests/run.sh $TESTS works there" heard ./tests/run.sh $TESTS
    printf '  %s: tests/run.sh there: %s, %s s\n' "$RELEASE" \
        "$(tail -n 1 "$WORK/heard")" "$(since "$began")"
    check 'it has tested something' fails says '^[0-9]{1,2} passed'
}


# Starts a container of this release.

machine() {
    need_base_of "$1"
    MACHINE=facetree-fresh-$1
    rm -rf "$WORK/facetree"
    checkout "$WORK/facetree"
    chmod 700 "$WORK/facetree"              # as in the home of root

    podman run -d --init --name "$MACHINE" -v "$WORK/facetree:/opt/facetree" \
        "$BASE" sleep infinity > "$WORK/run.log" 2>&1 \
        || skip_all "$1" "$(tail -n 1 "$WORK/run.log")"
    inside rm -f /usr/sbin/policy-rc.d      # an image has it, a machine not

    if ! inside apt-get update -qq > "$WORK/apt.log" 2>&1; then
        skip_all "$1" "no network: $(tail -n 1 "$WORK/apt.log")"
    fi
}


need_podman

for RELEASE in $RELEASES; do
    CONTEXT="$RELEASE: "
    machine "$RELEASE"
    test_demo
    test_user
    test_tests
    podman rm -f -t 0 "$MACHINE" > /dev/null 2>&1
done

closing
