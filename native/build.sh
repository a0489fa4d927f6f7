#!/usr/bin/env bash
# Puts the pinned native libraries of this platform under artifacts/native/<rid>/.
# The second run finds the stamp of the same pins and returns at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { echo "native/build.sh: $*" >&2; exit 3; }

case "$(uname -s)" in
    Linux)  os=linux;  npm_os=linux;  library=libduckdb.so ;;
    Darwin) os=osx;    npm_os=darwin; library=libduckdb.dylib ;;
    MINGW* | MSYS* | CYGWIN*) os=win; npm_os=win32; library=duckdb.dll ;;
    *) fail "no native libraries are pinned for $(uname -s)" ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "no native libraries are pinned for $(uname -m)" ;;
esac

package="@duckdb/node-bindings-$npm_os-$arch"
target="../artifacts/native/$os-$arch"
stamp="$target/.stamp"
pins="$(cksum package.json package-lock.json build.sh)"

if [[ -f "$target/$library" && -f "$stamp" && "$(<"$stamp")" == "$pins" ]]; then
    exit 0
fi

command -v npm > /dev/null || fail "npm is needed to fetch DuckDB's library. Fix: apt-get install -y nodejs npm"

npm ci --ignore-scripts --no-progress --loglevel=error
if [[ ! -d "node_modules/$package" ]]; then
    # Only the platform that is tested is pinned by hash; the others take the same version.
    version="$(node -p "require('./package.json').optionalDependencies['@duckdb/node-bindings-linux-x64']")"
    npm install --no-save --ignore-scripts --no-progress --loglevel=error "$package@$version"
fi
[[ -f "node_modules/$package/$library" ]] || fail "$package holds no $library"

mkdir -p "$target"
# A running process may have the old file mapped: replace it, never write into it.
cp "node_modules/$package/$library" "$target/$library.new"
mv -f "$target/$library.new" "$target/$library"
cp "node_modules/$package/LICENSE" "$target/LICENSE.duckdb"
printf '%s\n' "$pins" > "$stamp"
echo "native: $library → artifacts/native/$os-$arch"
