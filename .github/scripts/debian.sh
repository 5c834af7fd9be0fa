#!/bin/sh
#
# Makes Debian's official image fit for the jobs: it throws away each package
# that it has installed, and git in it does not trust a checkout of another
# user.  Tells, in a line for $GITHUB_OUTPUT, whose packages are kept: those of
# a release and of the $CACHE that the job names.
#
#     key=trixie-lint

set -eu

rm -f /etc/apt/apt.conf.d/docker-clean
printf 'Binary::apt::APT::Keep-Downloaded-Packages "true";\n' \
    > /etc/apt/apt.conf.d/99keep
printf 'APT::Keep-Downloaded-Packages "true";\n' >> /etc/apt/apt.conf.d/99keep

git config --global --add safe.directory "${GITHUB_WORKSPACE:-$PWD}"

# shellcheck disable=SC1091
. /etc/os-release
echo "key=$VERSION_CODENAME-$CACHE"
