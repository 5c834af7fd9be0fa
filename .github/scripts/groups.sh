#!/bin/sh
#
# The groups of tests/run.sh but those named as arguments, which have jobs of
# their own, as a line for $GITHUB_OUTPUT:
#
#     groups=["unit","trainer"]

set -eu

cd "$(dirname "$0")/../.."

list=''
for group in $(tests/run.sh --list); do
    case " $* " in
        *" $group "*) ;;
        *) list="$list,\"$group\"" ;;
    esac
done

printf 'groups=[%s]\n' "${list#,}"
