#!/bin/sh
#
# Three replicas from the real manifests behind a balancer.  Under load one
# after the other is stopped, started again, and replaced by one with a new
# model; no client may see that.

# Called by "check".
# shellcheck disable=SC2317

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

command -v kubectl > /dev/null \
    || skip_all cluster 'there is no kubectl to render the overlay'

SUBNET=10.89.77
PORT=8080
LOADER=''


train() {
    build/facetree train --data synthetic --out "$WORK/$1.ftm" --quiet \
        --max-depth 25 --min-samples-leaf 2 --random-state "$2"
}

version() { sha256sum "$WORK/$1.ftm" | cut -d ' ' -f 1; }

# The overlay with a model, as k8s/model/kustomization.yaml has it done.
render() {
    rm -rf "$WORK/k8s"
    cp -R k8s "$WORK/k8s"
    cp "$WORK/$1.ftm" "$WORK/k8s/model/model.ftm"
    cp "$WORK/$1.json" "$WORK/k8s/model/model.json"
    kubectl kustomize "$WORK/k8s/overlays/podman" > "$WORK/$1.yaml"
}

# One replica of those in a rendered overlay, by the name that it has there.
single() {
    /usr/bin/python3 - "$WORK/$1.yaml" "facetree-pod-$2" <<'END'
import sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])):
    if document['kind'] == 'ConfigMap':
        print(yaml.safe_dump(document), '---', sep='')
    if document['kind'] == 'Deployment':
        pod = document['spec']['template']
        pod.update(apiVersion='v1', kind='Pod')
        pod['metadata']['name'] = sys.argv[2]
        print(yaml.safe_dump(pod))
END
}

# play FILE REPLICA...: at addresses that stay, Ethernet's too, or others would
# go on looking for the one before.
play() {
    file=$1
    shift
    places=''
    for replica in "$@"; do
        places="$places --ip $(address "$replica")"
        places="$places --mac-address 02:00:0a:59:4d:1$((replica + 1))"
    done
    # shellcheck disable=SC2086
    net podman kube play --network faces $places "$file" \
        > "$WORK/play.log" 2>&1 || { cat "$WORK/play.log"; false; }
}

address() { echo "$SUBNET.1$(($1 + 1))"; }

# The health of a replica, or of the balancer, as its probe sees it.
wait_ready() {
    n=0
    until net curl -fsS -o /dev/null -m 2 "http://$1/v2/health/ready" \
            2> "$WORK/ready.log"; do
        n=$((n + 1))
        [ "$n" -lt 100 ] || { cat "$WORK/ready.log"; return 1; }
        sleep 0.1
    done
}

served_by() {
    net curl -fsS -T "$WORK/face.pgm" "http://$1/predict" \
        | grep -o '"version": "[0-9a-f]*"' | cut -d '"' -f 4
}


stop_all() {
    [ -z "$LOADER" ] || kill -TERM "$LOADER" 2> /dev/null
    net podman pod rm -af -t 0 > /dev/null 2>&1
    net podman rm -af -t 0 > /dev/null 2>&1
}

start_balancer() {
    net podman run -d --name balancer --network=host --read-only \
        --tmpfs /tmp:rw,mode=1777 --cap-drop ALL \
        -v "$ROOT/conf/container/balancer.conf:/etc/balancer.conf:ro" \
        --entrypoint /usr/sbin/nginx "$IMAGE" -e stderr -c /etc/balancer.conf
}

# While there is load: a pod goes, comes back, goes for good, and one with the
# new model takes its place.
roll() {
    net podman pod stop -t 25 "facetree-pod-$1" \
        && net podman pod start "facetree-pod-$1" \
        && wait_ready "$(address "$1"):5000" \
        && sleep 1 \
        && net podman pod stop -t 25 "facetree-pod-$1" \
        && net podman pod rm "facetree-pod-$1" \
        && single new "$1" > "$WORK/single.yaml" \
        && play "$WORK/single.yaml" "$1" \
        && wait_ready "$(address "$1"):5000" \
        && sleep 2
}

# A number of the load's summary.
told() {
    /usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$WORK/load.json" "$1"
}


need_podman
need_network
on_exit stop_all
need_image

train old 42
train new 7
render old
render new
check 'another model is another name' fails same \
    "$(grep -c "$(grep -o 'facetree-model-[a-z0-9]*' "$WORK/old.yaml" \
        | head -n 1)" "$WORK/new.yaml")" 1

{ printf 'P5 64 64 255\n'; head -c 4096 /dev/zero | tr '\0' '\170'; } \
    > "$WORK/face.pgm"

net podman network create --subnet $SUBNET.0/24 --disable-dns faces \
    > "$WORK/network.log" 2>&1 \
    || skip_all cluster "$(tail -n 1 "$WORK/network.log")"

check 'three replicas start from the manifests' play "$WORK/old.yaml" 0 1 2
check 'the balancer starts' start_balancer
for i in 0 1 2; do
    check "replica $i is ready" wait_ready "$(address $i):5000"
    check "replica $i has the ConfigMap's model" same "$(version old)" \
        "$(served_by "$(address $i):5000")"
done
check 'the balancer is ready' wait_ready 127.0.0.1:$PORT

began=$(now)
nsenter --net="/run/netns/$NETNS" /usr/bin/python3 tests/deploy/client.py \
    load "http://127.0.0.1:$PORT/predict" "$WORK/face.pgm" \
    > "$WORK/load.json" 2> "$WORK/load.log" &
LOADER=$!
sleep 1

for i in 0 1 2; do
    check "replica $i stops, starts, is replaced" roll $i
    check "replica $i has the new model" same "$(version new)" \
        "$(served_by "$(address $i):5000")"
done

took=$(since "$began")
kill -TERM "$LOADER"
wait "$LOADER"
LOADER=''
check 'no request failed' same 0 "$(told failed)" || cat "$WORK/load.json"
check 'there was load' test "$(told requests)" -gt 300
check 'both models have answered' \
    sh -c "grep -q $(version old) '$WORK/load.json' \
        && grep -q $(version new) '$WORK/load.json'"
printf '  %s uploads during %s s of roll-out, %s failed\n' \
    "$(told requests)" "$took" "$(told failed)"

closing
