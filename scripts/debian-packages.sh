#!/usr/bin/env bash
# Installs the Debian packages that are named and missing. Needs root or sudo only when something is missing.
set -euo pipefail

missing=()
if command -v dpkg-query > /dev/null; then
    for package in "$@"; do
        status="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)"
        [[ "$status" == installed ]] || missing+=("$package")
    done
else
    echo "setup: this is no Debian; make sure that you have: $*" >&2
fi
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo > /dev/null; then
        echo "setup: ${missing[*]} missing, and neither root nor sudo to install with." >&2
        echo "Fix: as root, run apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 3
    fi
    as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "${missing[@]}"
}
if ! install > "$log" 2>&1; then
    cat "$log" >&2
    echo "setup: apt-get could not install ${missing[*]}" >&2
    exit 3
fi
