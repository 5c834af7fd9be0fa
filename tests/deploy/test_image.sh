#!/bin/sh
#
# The Dockerfile: builds, is small, runs without any privilege, answers, tells
# its health, and stops without losing a request.

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

NAME=facetree-image
HARDENED='--read-only --tmpfs /tmp:rw,size=128m,mode=1777 --cap-drop ALL
          --security-opt no-new-privileges --network=host'

inspect() { podman image inspect -f "$1" "$IMAGE"; }

# Of more than one read and one buffer.

big_picture() {
    printf 'P5 1000 1000 255\n'
    head -c 1000000 /dev/zero | tr '\0' '\170'
}

# shellcheck disable=SC2086
run_container() {
    net podman run -d --name "$NAME" $HARDENED "$@" "$IMAGE"
}

workers() {
    net podman top "$NAME" args | grep -c 'worker process *$'
}

wait_ready() {
    n=0
    until net podman exec "$NAME" /usr/bin/facetree-probe 5000 \
            /v2/health/ready 2> /dev/null; do
        n=$((n + 1))
        [ $n -lt 100 ] || return 1
        sleep 0.1
    done
}


test_contents() {
    size=$(inspect '{{.Size}}')
    printf '  image of %s bytes\n' "$size"
    check 'image is under 40 MB' test "$size" -lt 40000000

    check 'runs as a user with a number' same 101:101 \
        "$(inspect '{{.Config.User}}')"
    check 'is stopped by QUIT' same SIGQUIT "$(inspect '{{.Config.StopSignal}}')"
    check 'is called as the build was told' same example.org/faces "$(
        inspect '{{index .Labels "org.opencontainers.image.title"}}')"
    check 'has no shell' fails podman run --rm --network=none \
        --entrypoint /bin/sh "$IMAGE" -c true

    check 'a model that is not good enough fails the build' fails \
        build_image --build-arg MIN_ACCURACY=0.99
}


test_start() {
    # shellcheck disable=SC2086
    net podman create --name "$NAME" $HARDENED "$IMAGE" > /dev/null
    net podman init "$NAME" > /dev/null 2>&1
    check 'starts without privileges' client start "$NAME" 5000
    printf '  start to first answer: %s ms\n' "$(tail -n 1 "$WORK/check.log")"

    check 'becomes healthy' net podman healthcheck run "$NAME"
    check 'a probe of something else is not healthy' fails \
        net podman exec "$NAME" /usr/bin/facetree-probe 5000 /v2/nothing
    check 'serves counters on their own port' \
        net curl -fsS -o /dev/null http://127.0.0.1:5001/metrics
    check 'serves the page' \
        net curl -fsS -o /dev/null http://127.0.0.1:5000/
    check 'the page knows the model' \
        net curl -fsS -o "$WORK/model.json" http://127.0.0.1:5000/model.json

    if [ -e "$OLIVETTI" ]; then
        check 'was trained on the Olivetti faces' \
            grep -q '"accuracy": 0.43333' "$WORK/model.json"
    else
        skip olivetti "$OLIVETTI is absent; trained on drawn faces"
    fi
}


test_answers() {
    podman cp "$NAME:/srv/facetree/model/model.ftm" "$WORK/model.ftm"
    check 'answers as the program does' client samples \
        http://127.0.0.1:5000/ "$WORK/model.ftm" build/facetree
    printf '  %s\n' "$(tail -n 1 "$WORK/check.log")"

}


test_stop() {
    big_picture > "$WORK/big.pgm"
    check 'stops after the request in flight' client in-flight 5000 \
        "$WORK/big.pgm" podman stop -t 25 "$NAME"
    check 'stops with code 0' same 0 \
        "$(podman inspect -f '{{.State.ExitCode}}' "$NAME")"

    podman logs "$NAME" > "$WORK/log" 2> "$WORK/errors"
    check 'logs requests to its output' grep -q 'label=' "$WORK/log"
    check 'logs no probe' fails grep -q /v2/health/ "$WORK/log"
    check 'logs nothing bad' fails grep -vE '\[(notice|warn)\]' "$WORK/errors"
    podman rm -f "$NAME" > /dev/null 2>&1
}


# cgroup v1 or v2, whichever this machine has, and both as files.

test_workers() {
    if run_container --cpus 1 > "$WORK/run.log" 2>&1 && wait_ready; then
        check 'a quota of one CPU is one worker' same 1 "$(workers)"
    else
        skip quota "cannot be set here: $(tail -n 1 "$WORK/run.log")"
    fi
    podman rm -f -t 0 "$NAME" > /dev/null 2>&1

    mkdir -p "$WORK/v1/cpu" "$WORK/v2" "$WORK/none"
    echo 50000 > "$WORK/v1/cpu/cpu.cfs_quota_us"
    echo 100000 > "$WORK/v1/cpu/cpu.cfs_period_us"
    start=build/facetree-start
    check 'half a CPU is one worker' same 1 "$($start --workers "$WORK/v1")"
    echo '100001 100000' > "$WORK/v2/cpu.max"
    two=$(nproc)
    [ "$two" -lt 2 ] || two=2
    check 'a little more than one is two' same "$two" \
        "$($start --workers "$WORK/v2")"
    echo 'max 100000' > "$WORK/v2/cpu.max"
    check 'no quota is every CPU (v2)' same "$(nproc)" \
        "$($start --workers "$WORK/v2")"
    echo -1 > "$WORK/v1/cpu/cpu.cfs_quota_us"
    check 'no quota is every CPU (v1)' same "$(nproc)" \
        "$($start --workers "$WORK/v1")"
    check 'no cgroup is every CPU' same "$(nproc)" \
        "$($start --workers "$WORK/none")"
    echo '1000000 100000' > "$WORK/v2/cpu.max"
    check 'never more than there are' same \
        "$(n=$(nproc); [ "$n" -lt 10 ] || n=10; echo "$n")" \
        "$($start --workers "$WORK/v2")"
}


need_podman
need_network
need_image
pass 'builds'
check 'the small programs build' make -s image-programs

test_contents
test_start
test_answers
test_stop
test_workers

closing
