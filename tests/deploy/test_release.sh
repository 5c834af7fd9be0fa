#!/bin/sh
#
# What the workflows call to publish: the table of accuracy, the image's tags,
# the files of a release.
#
# Most functions are run by "check".
# shellcheck disable=SC2317

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

SCRIPTS=.github/scripts
VERSION=$(sed -n 's/^.define FACETREE_VERSION *"\(.*\)"/\1/p' core/facetree.h)

[ -x build/facetree ] || skip_all release 'build/facetree is not built'

# The summary is appended to; each accuracy is the one in the JSON report.

accuracy() {
    echo 'before' > "$WORK/summary"
    "$SCRIPTS"/accuracy.sh --data synthetic --out "$WORK/models" \
        --summary "$WORK/summary" || return
    head -n 1 "$WORK/summary" | grep -qx before || return
    grep -q 'SYNTHETIC' "$WORK/summary" || return
    for model in decision-tree random-forest extra-trees; do
        build/facetree verify --quiet "$WORK/models/$model.ftm" || return
        json=$(sed -n 's/^ *"accuracy": \([0-9.]*\),$/\1/p' \
                   "$WORK/models/$model-test.json" | head -n 1)
        grep -q "^| $model | .* | $(printf '%.4f' "$json") (" \
            "$WORK/summary" || return
    done
}

tags() {
    IMAGE_NAME=ghcr.io/Owner/facetree GITHUB_REF=$1 \
    GITHUB_SHA=0123456789abcdef0123456789abcdef01234567 "$SCRIPTS"/image-tags.sh
}

IMAGE=ghcr.io/owner/facetree

branch_tags() {
    tags refs/heads/feature/x > "$WORK/tags" || return
    printf 'image=%s\ntags=%s:sha-0123456789ab,%s:feature-x\n' "$IMAGE" "$IMAGE" \
        "$IMAGE" | diff - "$WORK/tags"
}

release_tags() {
    tags "refs/tags/v$VERSION" > "$WORK/tags" || return
    printf 'tags=%s:sha-0123456789ab,%s:%s,%s:%s,%s:latest\n' "$IMAGE" "$IMAGE" \
        "$VERSION" "$IMAGE" "${VERSION%.*}" "$IMAGE" > "$WORK/expected"
    sed 1d "$WORK/tags" | diff "$WORK/expected" -
}

other_version() { ! tags refs/tags/v99.0.0; }

gathered() {
    mkdir -p "$WORK/packages/deb"
    make -s dist || return
    cp "build/facetree-$VERSION.tar.gz" "$WORK/packages"
    ! "$SCRIPTS"/release.sh gather "$WORK/none" "$WORK/packages" \
        "$WORK/models" || return
    touch "$WORK/packages/deb/facetree_1.deb" \
          "$WORK/packages/deb/facetree-dbgsym_1.deb"
    mkdir -p "$WORK/packages/other/deb"
    cp "build/facetree-$VERSION.tar.gz" "$WORK/packages/other"
    echo other > "$WORK/packages/other/deb/facetree_1.deb"
    ! "$SCRIPTS"/release.sh gather "$WORK/clash" "$WORK/packages" \
        "$WORK/models" || return
    mv "$WORK/packages/other/deb/facetree_1.deb" \
       "$WORK/packages/other/deb/facetree_2.deb"
    "$SCRIPTS"/release.sh gather "$WORK/release" "$WORK/packages" \
        "$WORK/models" || return
    (cd "$WORK/release" && sha256sum -c SHA256SUMS) || return
    [ ! -e "$WORK/release/facetree-dbgsym_1.deb" ] || return
    [ "$(wc -l < "$WORK/release/SHA256SUMS")" = 7 ]
}

# The notes are this version's; gh is not asked.

published() {
    mkdir -p "$WORK/bin"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho "$@" > %s\ncat "${5#*=}" > %s\n' "$WORK/gh.args" \
        "$WORK/gh.notes" > "$WORK/bin/gh"
    chmod +x "$WORK/bin/gh"
    (cd "$WORK" && PATH="$WORK/bin:$PATH" TAG=v$VERSION \
        "$ROOT/$SCRIPTS/release.sh" publish "$WORK/release" \
        "$ROOT/CHANGELOG.md") || return
    grep -q "^release create v$VERSION --verify-tag " "$WORK/gh.args" || return
    grep -q SHA256SUMS "$WORK/gh.args" || return
    grep -q '^First release' "$WORK/gh.notes" || return
    grep -q '^| extra-trees ' "$WORK/gh.notes"
}

unknown_version() {
    ! PATH="$WORK/bin:$PATH" TAG=v99.0.0 "$SCRIPTS"/release.sh publish \
        "$WORK/release" CHANGELOG.md
}

# Made of a checkout, and of what was unpacked from it, a tarball is the same.

tarball() {
    sum=$(sha256sum < "build/facetree-$VERSION.tar.gz")
    tar -C "$WORK" -xf "build/facetree-$VERSION.tar.gz"
    make -s -C "$WORK/facetree-$VERSION" dist || return
    [ "$sum" = "$(sha256sum \
        < "$WORK/facetree-$VERSION/build/facetree-$VERSION.tar.gz")" ]
}

check 'a table of accuracy, for drawn faces' accuracy
check 'tags of a branch' branch_tags
check 'tags of a release' release_tags
check 'a tag that is not the version is refused' other_version
check 'the files of a release' gathered
check 'the notes of a release' published
check 'a release without notes is refused' unknown_version
check 'a tarball of the tarball is the same' tarball

closing
