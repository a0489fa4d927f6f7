#!/usr/bin/env bash
# Builds everything and runs every test. Ends within 15 minutes on two cores; --long runs the whole campaigns instead.
#   ./test.sh [--long]
# The last line is "N passed, N failed"; the exit code is 0 only when none failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export AWS_EC2_METADATA_DISABLED=true DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# Far more than the tests take: it is there so that a hang becomes a failure.
limit=$((32 * 60))
case "${1:-}" in
    "") ;;
    --long) export MILLRACE_LONG=1; limit=$((6 * 60 * 60)) ;;
    *) echo "usage: ./test.sh [--long]" >&2; exit 2 ;;
esac

give_up() {
    echo "test: $1" >&2
    echo "0 passed, 1 failed"
    exit 1
}
scripts/debian-packages.sh postgresql-15 python3-bson python3-psycopg2 python3-pymongo python3-snappy zsh fish || give_up "the system packages are not there"
scripts/test-clients.sh || give_up "the test clients could not be installed"
./build.sh --all || give_up "the build failed"

results=artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
deadline=$((SECONDS + limit))

# Runs a suite, or a part of it: `run PART SUITE [FILTER...]`. Leaves a report and its exit code, and says what it printed when it ends.
run() {
    local part="$1" suite="$2" left=$((deadline - SECONDS))
    ((left > 0)) || left=1
    timeout --kill-after=20 "$left" "artifacts/bin/$suite/release/$suite" -noLogo -noColor -ctrf "$results/$part.json" "${@:3}" > "$results/$part.log" 2>&1
    echo "$?" > "$results/$part.exit"
    { echo "── $part"; cat "$results/$part.log"; } | flock "$results" cat
}

# Whole processes leave a core idle half of the time: most of them go beside the other suites. Both rows take about as long, and no test is in both.
whole=Millrace.EndToEndTests
suites=()
for project in tests/*/*Tests.csproj; do
    [[ "$(basename "$project" .csproj)" == "$whole" ]] || suites+=("$(basename "$project" .csproj)")
done
run "$whole" "$whole" -namespace- "$whole.Kill" -namespace- "$whole.Failures" &
for suite in "${suites[@]}"; do
    run "$suite" "$suite"
done
run "$whole.Failures" "$whole" -namespace "$whole.Kill" -namespace "$whole.Failures"
wait

passed=0 failed=0 skipped=0
for part in "${suites[@]}" "$whole" "$whole.Failures"; do
    status="$(cat "$results/$part.exit" 2> /dev/null || echo 1)"
    # No report means that the process died or ran out of time: that is a failure, never nothing.
    if counts="$(node scripts/test-counts.js "$results/$part.json" 2> /dev/null)"; then
        read -r project_passed project_failed project_skipped <<< "$counts"
    else
        echo "test: $part left no report (exit code $status)" >&2
        project_passed=0 project_failed=1 project_skipped=0
    fi
    ((status != 0 && project_failed == 0)) && project_failed=1
    passed=$((passed + project_passed)) failed=$((failed + project_failed)) skipped=$((skipped + project_skipped))
done

echo "── ${SECONDS} s, $skipped skipped, reports in $results"
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
