#!/usr/bin/env bash
# Packs the libraries and the tool 'millrace'.
#   scripts/pack.sh [FOLDER] [MSBUILD OPTIONS]     e.g. scripts/pack.sh artifacts/packages -p:MillracePublicPackages=true
# MillracePublicPackages=true takes the packages of the open registry, SQLite's own library among them, in place of the system's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
folder="${1:-artifacts/packages}"
(($# > 0)) && shift

native/build.sh
# Outputs of their own: the tool is built for any machine, what build.sh leaves for this one.
for project in Core Sqlite PostgreSql SqlServer Connectors Catalog Orchestration Cli; do
    dotnet pack "src/Millrace.$project" -c Release -v quiet -warnaserror --nologo -o "$folder" \
        -p:MillracePack=true -p:ArtifactsPath="$PWD/artifacts/pack" -p:MillraceNatives="$PWD/artifacts/native" "$@"
done
