#!/bin/sh
#
# From a fresh Debian 12 or 13 to a face classifier at a URL: installs, builds,
# gets the data, trains, tests, starts nginx.  A second run repeats only what
# has changed.

set -eu

usage() {
    cat <<END
usage: ./demo.sh [--data PATH] [--port N] [--stop] [--help]

  --data PATH  train on these faces: a MAT file, a folder DIR/<name>/*.jpg, or
               "synthetic", drawn faces (default: the Olivetti faces, cached
               or downloaded; without a network, drawn faces)
  --port N     listen on this port (default 5000)
  --stop       stop the nginx that this script has started on that port

Needs root or sudo only to install packages that are missing.
END
}

say() { printf '==> %s\n' "$*"; }
die() { printf 'demo.sh: %s\n' "$*" >&2; exit 1; }

PORT=5000 DATA='' OWN='' STOP=no

while [ $# -gt 0 ]; do
    case $1 in
        --data|--port)
            [ $# -ge 2 ] || { usage >&2; exit 2; }
            if [ "$1" = --data ]; then DATA=$2; else PORT=$2; fi
            shift 2 ;;
        --stop) STOP=yes; shift ;;
        --help|-h) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done

case $PORT in
    ''|*[!0-9]*|??????*) die "--port $PORT: must be a number from 1 to 65535" ;;
esac
if [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then
    die "--port $PORT: must be a number from 1 to 65535"
fi

case $DATA in
    ''|synthetic|synthetic:*) ;;
    *)
        [ -e "$DATA" ] || die "--data $DATA: no such file or folder"
        case $DATA in /*) ;; *) DATA=$PWD/$DATA ;; esac
        OWN=$DATA ;;
esac

cd "$(dirname "$0")"

PACKAGES='gcc make nginx nginx-dev libpcre2-dev zlib1g-dev libssl-dev
          libjansson-dev libstb-dev libjpeg62-turbo-dev libpng-dev libwebp-dev
          libmatio-dev libcurl4-openssl-dev curl ca-certificates'

# nginx started by root serves as www-data, which must be able to read the
# page: a checkout under /root is closed to it, /run is not.

if [ "$(id -u)" = 0 ]; then
    PREFIX=/run/facetree-demo-$PORT
    USER_DIRECTIVE='user www-data;'
else
    PREFIX=$PWD/run/$PORT
    USER_DIRECTIVE=''
fi

PID=$PREFIX/logs/nginx.pid
NGINX=/usr/sbin/nginx

nginx_here() { "$NGINX" -p "$PREFIX" -c "$PREFIX/conf/nginx.conf" \
                        -e "$PREFIX/logs/error.log" -g "$USER_DIRECTIVE" "$@"; }

# A pid that was left behind may by now be another program's.
running() {
    [ -s "$PID" ] && grep -qsx nginx "/proc/$(cat "$PID")/comm"
}


stop() {
    if ! running; then
        say "nothing of ours is running on port $PORT"
        return
    fi
    kill -QUIT "$(cat "$PID")"
    n=0
    while running && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
    running && die "nginx on port $PORT does not stop (pid $(cat "$PID"))"
    rm -rf "$PREFIX"
    say "stopped nginx on port $PORT"
}


# Installing nginx would start it, and again at the next boot: it should only
# be there for us, unless it was there before.

install_packages() {
    missing=
    for p in $PACKAGES; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null \
            | grep -q 'ok installed' || missing="$missing $p"
    done
    [ -n "$missing" ] || return 0

    say "installing$missing"

    root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null \
            || die "run as root, or install:$missing"
        root=sudo
    fi

    $root env PACKAGES="$missing" sh -eu <<'END'
policy=/usr/sbin/policy-rc.d
fresh=no
dpkg-query -W nginx-common > /dev/null 2>&1 || fresh=yes
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $PACKAGES > /dev/null
if [ $fresh = yes ]; then
    deb-systemd-helper disable nginx.service > /dev/null 2>&1 || true
    update-rc.d nginx disable > /dev/null 2>&1 || true
fi
END
}


# Sets DATA; the first source that works.

find_data() {
    if [ -n "$DATA" ]; then
        say "data: $DATA"
        return
    fi

    if [ -e data/olivettifaces.mat ]; then
        say "data: the Olivetti faces, cached in data/olivettifaces.mat"
    else
        say "data: the Olivetti faces, downloading"
    fi

    if build/facetree fetch olivetti --out data/olivettifaces.mat; then
        DATA=data/olivettifaces.mat
    else
        say "data: no Olivetti faces to be had; using SYNTHETIC, drawn faces"
        DATA=synthetic
    fi
}


# Trains again only if the data, the settings or the trainer have changed.

train() {
    model=artifacts/model.ftm
    settings="--data $DATA --max-depth 25 --min-samples-leaf 2"
    settings="$settings --random-state 42 --test-size 0.3 --split-seed 42"
    stamp=artifacts/demo.settings

    if [ -e "$model" ] && [ "$(cat "$stamp" 2> /dev/null)" = "$settings" ] \
       && [ -z "$(find build/facetree "$DATA" -newer "$model" \
                  -print -quit 2> /dev/null)" ]
    then
        say "model: $model is up to date"
        return
    fi

    say "training $model"
    rm -f "$stamp"
    build/facetree train --data "$DATA" --out "$model" --max-depth 25 \
        --min-samples-leaf 2 --random-state 42 --test-size 0.3 --split-seed 42

    say "testing it on the held-out pictures"
    # The table of every person is for those who ask for it.
    build/facetree test --model "$model" --data "$DATA" > artifacts/test.txt
    sed '/^$/,$d' artifacts/test.txt
    printf '%s\n' "$settings" > "$stamp"
}


lay_out() {
    mkdir -p "$PREFIX/conf" "$PREFIX/logs" "$PREFIX/modules" "$PREFIX/temp"
    chmod 755 "$PREFIX"
    rm -rf "$PREFIX/html"
    cp -R html "$PREFIX/html"
    # What the page tells of the model, and faces to try it with.
    cp artifacts/model.json "$PREFIX/html/model.json"
    build/facetree samples --model artifacts/model.ftm --data "$DATA" \
        --out "$PREFIX/html/samples" --quiet
    [ -z "$OWN" ] \
        || say "the page shows 12 pictures of $OWN to whoever opens it"
    chmod -R a+rX "$PREFIX/html"
    cp build/ngx_http_facetree_module.so "$PREFIX/modules/module.new"
    mv "$PREFIX/modules/module.new" \
       "$PREFIX/modules/ngx_http_facetree_module.so"
    cp artifacts/model.ftm "$PREFIX/conf/model.new"
    mv "$PREFIX/conf/model.new" "$PREFIX/conf/model.ftm"
    # The other temporary folders of nginx would be root's, below /var/lib.
    sed -e "s/listen 5000;/listen $PORT;/" -e '/ client_body_temp_path /a\
    proxy_temp_path         temp/proxy;\
    fastcgi_temp_path       temp/fastcgi;\
    uwsgi_temp_path         temp/uwsgi;\
    scgi_temp_path          temp/scgi;' conf/nginx.conf \
        > "$PREFIX/conf/nginx.conf"
}


serve() {
    lay_out
    nginx_here -t -q || die "nginx refuses the configuration"

    if running; then
        say "reloading nginx on port $PORT"
        kill -HUP "$(cat "$PID")"
    else
        say "starting nginx on port $PORT"
        nginx_here || die "nginx does not start; is port $PORT taken?"
    fi

    n=0
    until curl -fsS -o /dev/null "http://127.0.0.1:$PORT/" 2> /dev/null; do
        n=$((n + 1))
        [ $n -lt 50 ] || die "no answer; see $PREFIX/logs/error.log"
        sleep 0.1
    done
}


if [ "$STOP" = yes ]; then
    stop
    exit 0
fi

install_packages
say "building"
make -s -j "$(nproc)" all
find_data
train
serve

cat <<END

  open    http://localhost:$PORT/
  or      curl -F file=@$PREFIX/html/samples/01.png http://localhost:$PORT/predict
  logs    $PREFIX/logs/
  stop    ./demo.sh --stop$([ "$PORT" = 5000 ] || echo " --port $PORT")

END
