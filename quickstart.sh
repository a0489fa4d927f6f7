#!/usr/bin/env bash
# From nothing to a warehouse and back for more: a sample shop's MongoDB dump into DuckDB, then only what changed. No server.
#   ./quickstart.sh [FOLDER]     [default: .quickstart; made anew each time]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$PWD"
orders=100000 changes=1000
project="${1:-.quickstart}"

say() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
show() { printf '$ millrace %s\n' "$*"; "$root/artifacts/bin/millrace" "$@"; }

say "set-up and build"
./build.sh

# Only a folder that this script made is removed.
if [[ -e "$project" && ! -e "$project/.made-by-quickstart" ]]; then
    echo "quickstart: $project is there and was not made by this script; name another folder" >&2
    exit 2
fi
rm -rf "$project"
mkdir -p "$project"
touch "$project/.made-by-quickstart"
cd "$project"

say "a shop's dump: $orders orders, as mongodump leaves it"
show sample shop --out dump --orders "$orders"
show init --dump dump --database shop --oplog 'dump/changes/oplog/*.bson'
show plan load

say "the first run loads everything"
show run load

say "$changes changes arrive: inserts, updates, replacements, deletes, transactions"
"$root/artifacts/bin/millrace" sample shop --out dump --orders "$orders" --changes "$changes" > /dev/null
show plan load

say "the second run moves only those"
show run load

say "what is there, and where each row came from"
show tables load
show status
full="$(cat dump/shop/*.bson | wc -c)"
"$root/artifacts/bin/millrace" runs --json | node -e '
const runs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const [second, first] = runs;
const full = Number(process.argv[1]);
const mb = (bytes) => (bytes / 1e6).toFixed(2) + " MB";
console.log(`\nfirst run:  ${first.rows} rows, ${mb(first.bytes)}`);
console.log(`second run: ${second.rows} rows, ${mb(second.bytes)}; a full reload would have moved ${mb(full)}, ${Math.round(full / second.bytes)} times as much`);
' "$full"

cat <<NEXT

Next, in $project (PATH=$root/artifacts/bin:\$PATH):
  millrace preview load --limit 3                 the rows as they land
  millrace plan load --full-refresh --max-bytes 5MB   what reading it all again would take
  millrace checkpoints list load                  how far each partition is
  millrace runs; millrace logs                    what ran
  millrace connectors mongodb                     every setting of a connector
  less millrace.yaml                              the project
NEXT
