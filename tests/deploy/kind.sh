#!/bin/sh
#
# Three replicas in a Kubernetes cluster of one machine (kind), with uploads
# all the while: a roll-out, a pod that is deleted, and one that is killed.
#
#     tests/deploy/kind.sh [--keep]
#
# Needs docker, kind and kubectl, which GitHub's runners have.  --keep leaves
# the cluster for a look at it.  Not one of the tests of run.sh: podman does
# there what can be done without a cluster.
#
# Most functions are run by "check".
# shellcheck disable=SC2317

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

KEEP=''
case ${1:-} in
    '') ;;
    --keep) KEEP=yes ;;
    *) sed -n '6,10s/^#//p' "$0" >&2; exit 2 ;;
esac

for program in docker kind kubectl curl; do
    command -v $program > /dev/null || skip_all kind "there is no $program"
done

OVERLAY=k8s/overlays/nodeport
CLUSTER=facetree-$$
CLIENTS=4

export KUBECONFIG="$WORK/kubeconfig"

manifests() { kubectl kustomize $OVERLAY; }

image=$(manifests | sed -n 's/^ *\(- \)\{0,1\}image: *//p' | head -n 1)
[ -n "$image" ] || { fail kind "no image in $OVERLAY"; closing; }


start() {
    docker build -t "$image" . || return
    kind create cluster --name "$CLUSTER" --wait 120s || return
    kind load docker-image --name "$CLUSTER" "$image" || return
    manifests | kubectl apply -f - || return
    kubectl rollout status deployment/facetree --timeout=120s
}

stop() {
    stop_load
    [ -n "$KEEP" ] || kind delete cluster --name "$CLUSTER" > /dev/null 2>&1
}

replicas() {
    [ "$(kubectl get deployment facetree \
             -o jsonpath='{.status.readyReplicas}')" = 3 ]
}

address() {
    node=$(docker inspect -f \
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \
        "$CLUSTER-control-plane")
    port=$(kubectl get service facetree \
               -o jsonpath='{.spec.ports[?(@.name=="http")].nodePort}')
    URL=http://$node:${port:-30500}
}

# A picture of noise: somebody's name is the answer to any picture.
picture() {
    { printf 'P5\n64 64\n255\n'; head -c 4096 /dev/urandom; } > "$WORK/face.pgm"
}


# Clients that upload one picture after the other until they are stopped; what
# they were answered is one line each in $WORK/answers.N.

client() {
    while [ ! -e "$WORK/stop" ]; do
        curl -sS -o /dev/null -w '%{http_code}\n' --max-time 20 "$@" \
            -F "file=@$WORK/face.pgm" "$URL/predict" 2>> "$WORK/curl.log" \
            || echo failed
    done
}

start_load() {
    rm -f "$WORK"/stop "$WORK"/answers.* "$WORK"/curl.log
    PIDS=''
    n=0
    while [ "$n" -lt "$CLIENTS" ]; do
        n=$((n + 1))
        client "$@" > "$WORK/answers.$n" &
        PIDS="$PIDS $!"
    done
}

stop_load() {
    : > "$WORK/stop"
    # shellcheck disable=SC2086
    wait ${PIDS:-}
}

# Fails with the answers that were not 200, and when there were too few.

answered() {
    cat "$WORK"/answers.* > "$WORK/answers"
    total=$(grep -c . "$WORK/answers")
    bad=$(grep -vc '^200$' "$WORK/answers")
    printf '  %s: %s uploads, %s failed\n' "$1" "$total" "$bad" >> "$WORK/figures"
    if [ "$bad" != 0 ]; then
        sort "$WORK/answers" | uniq -c
        tail -n 5 "$WORK/curl.log"
        return 1
    fi
    [ "$total" -ge 50 ]
}

# NAME COMMAND...: the command while clients upload.

under_load() {
    what=$1
    shift
    # shellcheck disable=SC2086
    start_load $RETRY
    sleep 3
    "$@"
    code=$?
    sleep 3
    stop_load
    answered "$what" && [ "$code" = 0 ]
}


roll_out() {
    kubectl rollout restart deployment/facetree \
        && kubectl rollout status deployment/facetree --timeout=180s
}

pod() {
    kubectl get pods -l app.kubernetes.io/name=facetree \
        --field-selector=status.phase=Running -o name | head -n 1
}

recovered() {
    n=0
    until replicas && [ "$(kubectl get pods -l app.kubernetes.io/name=facetree \
                               -o name | grep -c .)" = 3 ]; do
        n=$((n + 1))
        [ "$n" -lt 90 ] || { kubectl get pods; return 1; }
        sleep 1
    done
}

delete_pod() { kubectl delete "$(pod)" && recovered; }

kill_pod() { kubectl delete "$(pod)" --force --grace-period=0 && recovered; }


on_exit stop
PIDS='' RETRY=''

check 'three replicas of the image' start || closing
check 'three are ready' replicas
address
picture
check 'an upload is answered' curl -fsS -F "file=@$WORK/face.pgm" \
    "$URL/predict"
check 'a roll-out loses no upload' under_load roll-out roll_out
check 'a deleted pod loses no upload' under_load deletion delete_pod

# What a killed pod was answering is lost, and so are connections until its
# address is withdrawn: clients ask again, and get their answers.

RETRY='--retry 5 --retry-all-errors --retry-delay 1'
check 'a killed pod is replaced, and who asks again is answered' \
    under_load kill kill_pod

cat "$WORK/figures" 2> /dev/null
closing
