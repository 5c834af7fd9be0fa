# nginx with facetree and a model, from nothing: no shell, no package manager,
# no root.  docs/deployment.md says how it is run.
#
#     docker build -t facetree .
#
#   DEBIAN        the base of the build; pin it by digest where it matters
#   DATA          what to train on: "olivetti" (data/olivettifaces.mat where
#                 that is in the context, else the download; with neither,
#                 drawn faces), "synthetic", or a path in the context, such as
#                 data/faces with a folder for each person
#   TRAIN         options of "facetree train"
#   MIN_ACCURACY  the build fails below this share of right answers
#   IMAGE_NAME    what the image is called, as in IMAGE_NAME=example.org/faces
#   VERSION, REVISION, CREATED, SOURCE  for the labels

ARG DEBIAN=debian:trixie-slim

FROM ${DEBIAN} AS build

RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends \
        gcc make nginx nginx-dev libpcre2-dev zlib1g-dev libssl-dev \
        libjansson-dev libstb-dev libjpeg62-turbo-dev libpng-dev libwebp-dev \
        libmatio-dev libcurl4-openssl-dev ca-certificates \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY . .

RUN make -s -j "$(nproc)" all image-programs

ARG DATA=olivetti
ARG TRAIN="--max-depth 25 --min-samples-leaf 2 --random-state 42"
ARG MIN_ACCURACY=0.4

# The model, tested on the pictures that training has not seen.

RUN set -eu; \
    data=$DATA; \
    if [ "$DATA" = olivetti ]; then \
        data=data/olivettifaces.mat; \
        [ -e $data ] || build/facetree fetch olivetti --out $data || { \
            echo "no Olivetti faces to be had: training on SYNTHETIC faces"; \
            data=synthetic; }; \
    fi; \
    build/facetree train --data "$data" --out model/model.ftm $TRAIN; \
    build/facetree test --data "$data" --model model/model.ftm \
        --min-accuracy "$MIN_ACCURACY"; \
    build/facetree samples --data "$data" --model model/model.ftm \
        --out model/samples --quiet

# The image's files.  The page's facts and samples lie with the model, so that
# a model mounted over the folder brings its own.  The libraries are those that
# the programs ask for, and the one that threads need for their end.

RUN set -eu; \
    prefix=/image/srv/facetree; \
    mkdir -p $prefix/conf $prefix/modules /image/usr/sbin /image/usr/bin \
        /image/etc; \
    install -d -m 1777 /image/tmp; \
    cp -R model html $prefix/; \
    ln -s ../model/model.json ../model/samples $prefix/html/; \
    cp conf/container/container.conf $prefix/conf/; \
    sed -f conf/container/nginx.sed conf/nginx.conf > $prefix/conf/nginx.conf; \
    strip --strip-unneeded -o $prefix/modules/ngx_http_facetree_module.so \
        build/ngx_http_facetree_module.so; \
    cp /usr/sbin/nginx /image/usr/sbin/; \
    cp build/facetree-start build/facetree-probe /image/usr/bin/; \
    ldd /usr/sbin/nginx $prefix/modules/*.so /image/usr/bin/* \
        | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p;s/^\t\(\/[^ ]*ld-[^ ]*\) .*/\1/p' \
        | sort -u | xargs -I '{}' cp -L --parents '{}' /image; \
    ldconfig -p | sed -n 's/^\tlibgcc_s.so.1 .*=> //p' \
        | xargs -I '{}' cp -L --parents '{}' /image; \
    echo 'nginx:x:101:101:nginx:/nonexistent:/usr/sbin/nologin' \
        > /image/etc/passwd; \
    echo 'nginx:x:101:' > /image/etc/group; \
    chmod -R a+rX /image; \
    ln -s $prefix /srv/facetree; \
    /usr/sbin/nginx -t -p /srv/facetree/ -c conf/nginx.conf; \
    du -sh /image


FROM scratch

ARG IMAGE_NAME=facetree
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown

LABEL org.opencontainers.image.title="${IMAGE_NAME}" \
      org.opencontainers.image.description="Face photo in, name out: nginx with a decision tree" \
      org.opencontainers.image.licenses="BSD-2-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

COPY --from=build /image/ /

USER 101:101
EXPOSE 5000 5001

# QUIT lets requests end; TERM would cut them off.

STOPSIGNAL SIGQUIT

HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/usr/bin/facetree-probe", "5000", "/v2/health/ready"]

ENTRYPOINT ["/usr/bin/facetree-start", "/usr/sbin/nginx", "-e", "stderr", \
            "-p", "/srv/facetree/", "-c", "conf/nginx.conf"]
