// Prints "passed failed skipped" from a CTRF report (https://ctrf.io), as xunit.v3 writes it.
const { readFileSync } = require("node:fs");
const { summary } = JSON.parse(readFileSync(process.argv[2], "utf8").replace(/^\uFEFF/, "")).results;
console.log(summary.passed, summary.failed + (summary.other ?? 0), summary.skipped + (summary.pending ?? 0));
