#!/usr/bin/env bash
# Installs the drivers that the simulators are tested with. The second run finds the stamp of the same pins and returns at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/Integration/MongoSimulators/Clients"

pins="$(cksum package.json package-lock.json)"
if [[ -f node_modules/.stamp && "$(<node_modules/.stamp)" == "$pins" ]]; then
    exit 0
fi

command -v npm > /dev/null || { echo "setup: npm is needed for the test clients. Fix: apt-get install -y nodejs npm" >&2; exit 3; }
npm ci --ignore-scripts --no-progress --no-audit --no-fund --loglevel=error
printf '%s\n' "$pins" > node_modules/.stamp
