#!/bin/sh
#
# What a release consists of.
#
#     release.sh gather DIR PACKAGES MODELS   files into DIR, with SHA256SUMS
#     release.sh publish DIR CHANGELOG        as the GitHub release of $TAG

set -eu

usage() { sed -n '5,6s/^#//p' "$0" >&2; exit 2; }

# A copy of FILE in DIR, where another of that name is not overwritten.
add() {
    [ ! -e "$2/${1##*/}" ] || cmp -s "$1" "$2/${1##*/}" || {
        echo "release.sh: $1 and another ${1##*/} differ" >&2; exit 1; }
    cp "$1" "$2"
}

gather() {
    mkdir -p "$1"
    find "$2" -name '*.tar.gz' -o -name '*.deb' ! -name '*-dbgsym_*' \
        > "$1/list"
    while read -r file; do add "$file" "$1"; done < "$1/list"
    rm "$1/list"
    cp "$3"/*.ftm "$3"/accuracy.md "$1"
    for kind in tar.gz deb ftm; do
        set -- "$1" "$1"/*."$kind"
        [ -e "$2" ] || { echo "release.sh: there is no .$kind" >&2; exit 1; }
    done
    (cd "$1" && rm -f SHA256SUMS && sha256sum -- * > ../sums.$$ \
        && mv ../sums.$$ SHA256SUMS && cat SHA256SUMS)
}

publish() {
    notes=$(mktemp)
    trap 'rm -f "$notes"' EXIT
    awk -v version="${TAG#v}" '
        /^## / { on = ($2 == version); next }
        on' "$2" > "$notes"
    [ -s "$notes" ] || { echo "release.sh: $2 has no ${TAG#v}" >&2; exit 1; }
    printf '\n' >> "$notes"
    cat "$1/accuracy.md" >> "$notes"
    gh release create "$TAG" --verify-tag --notes-file="$notes" \
        --title "facetree ${TAG#v}" "$1"/*
}

case ${1:-} in
    gather) [ $# = 4 ] || usage; gather "$2" "$3" "$4" ;;
    publish) [ $# = 3 ] || usage; publish "$2" "$3" ;;
    *) usage ;;
esac
