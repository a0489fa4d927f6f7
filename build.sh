#!/usr/bin/env bash
# Sets up what the product needs and leaves a runnable artifacts/bin/millrace. Safe to run again; the second run is quick.
#   ./build.sh [--all]     --all also builds tests and benchmarks (what ./test.sh needs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export AWS_EC2_METADATA_DISABLED=true DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

command -v dotnet > /dev/null || { echo "build: the .NET 10 SDK is needed on PATH" >&2; exit 3; }
scripts/debian-packages.sh libicu72 libsqlite3-0 libmongoc-1.0-0
native/build.sh

[[ "${1:-}" == --all ]] && dotnet build Millrace.slnx -c Release -v quiet -warnaserror --nologo

# The output is replaced file by file, so that a program that is running keeps what it has mapped.
staging=artifacts/staging.$$
trap 'rm -rf "$staging"' EXIT
dotnet publish src/Millrace.Cli -c Release -v quiet -warnaserror --nologo -o "$staging"
mkdir -p artifacts/millrace artifacts/bin
cp -R --remove-destination "$staging"/. artifacts/millrace/

cat > artifacts/bin/millrace.new <<'LAUNCHER'
#!/bin/sh
# Starts Millrace in this very process, so that signals and exit codes are its own.
here="$(dirname "$(readlink -f "$0")")"
if [ -z "$DOTNET_ROOT" ] && dotnet="$(command -v dotnet)"; then
    DOTNET_ROOT="$(dirname "$(readlink -f "$dotnet")")"
    export DOTNET_ROOT
fi
exec "$here/../millrace/millrace" "$@"
LAUNCHER
chmod +x artifacts/bin/millrace.new
mv -f artifacts/bin/millrace.new artifacts/bin/millrace
echo "built artifacts/bin/millrace ($(artifacts/bin/millrace --version))"
