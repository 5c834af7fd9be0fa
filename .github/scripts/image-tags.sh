#!/bin/sh
#
# The image's name and tags for this run, as lines for $GITHUB_OUTPUT:
#
#     image=ghcr.io/owner/facetree
#     tags=ghcr.io/owner/facetree:main,ghcr.io/owner/facetree:sha-0123456789ab
#
# IMAGE_NAME is the name; GITHUB_REF and GITHUB_SHA say what is built.  A tag
# v1.2.3 gives 1.2.3, 1.2 and latest, and must be the version of the code.

set -eu

cd "$(dirname "$0")/../.."

# Registries take small letters only.
image=$(printf '%s' "$IMAGE_NAME" | tr '[:upper:]' '[:lower:]')
tags=$image:sha-$(printf '%.12s' "$GITHUB_SHA")

case $GITHUB_REF in
    refs/tags/v*)
        version=${GITHUB_REF#refs/tags/v}
        code=$(sed -n 's/^.define FACETREE_VERSION *"\(.*\)"/\1/p' \
                   core/facetree.h)
        if [ "$version" != "$code" ]; then
            echo "image-tags.sh: tag v$version, but core/facetree.h has" \
                 "$code" >&2
            exit 1
        fi
        tags=$tags,$image:$version,$image:${version%.*},$image:latest ;;
    refs/heads/*)
        branch=$(printf '%s' "${GITHUB_REF#refs/heads/}" \
                     | tr -c 'A-Za-z0-9_.-' -)
        tags=$tags,$image:$branch ;;
esac

printf 'image=%s\ntags=%s\n' "$image" "$tags"
