// Adds up what several test runs covered, and says how many lines that is. Run by scripts/coverage.
//
//   node coverage.mjs ROOT PERCENT LCOV...
//
// Prints a line for each folder below ROOT, and one in all; fails when it is less than PERCENT in all.
// Tests do not count, wherever they stand.

import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";

const [root, percent, ...reports] = process.argv.slice(2);

/** The line at which the tests at the end of a Rust file begin. */
function beginOfTests(file) {
  const before = readFileSync(file, "utf8").split(/^#\[cfg\(test\)\]\n(?:pub(?:\(\w+\))? )?mod \w+ \{/m)[0];
  return before.split("\n").length;
}

/** Adds a report's lines to `files`, which holds how often each line of each file ran. */
function add(files, report) {
  let lines;
  let end;
  for (const entry of readFileSync(report, "utf8").split("\n")) {
    if (entry.startsWith("SF:")) {
      const file = relative(root, resolve(root, entry.slice(3)));
      const ours = !file.startsWith("..") && !/(^|\/)(tests?|testing|node_modules)(\/|\.rs$)/.test(file);
      lines = ours ? (files.get(file) ?? files.set(file, new Map()).get(file)) : undefined;
      end = ours && file.endsWith(".rs") ? beginOfTests(resolve(root, file)) : Infinity;
    } else if (entry.startsWith("DA:") && lines) {
      const [line, count] = entry.slice(3).split(",").map(Number);
      if (line < end) lines.set(line, (lines.get(line) ?? 0) + count);
    }
  }
}

/** 3, 7-9, 12 */
function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}

/** Counts the lines of some files, and those that no test ran. */
function counted(some) {
  const total = some.reduce((sum, { lines }) => sum + lines.size, 0);
  const left = some.reduce((sum, { missed }) => sum + missed.length, 0);
  return { total, share: total ? (100 * (total - left)) / total : 100 };
}

function tell(name, { total, share }) {
  process.stdout.write(`${name.padEnd(14)} ${String(total).padStart(6)} lines ${share.toFixed(1).padStart(6)} %\n`);
}

const lines = new Map();
for (const report of reports) add(lines, report);
const files = [...lines].sort().map(([file, counts]) => {
  const missed = [...counts].filter(([, count]) => !count).map(([line]) => line);
  return { file, folder: file.split("/")[0], lines: counts, missed: missed.sort((a, b) => a - b) };
});

for (const folder of new Set(files.map((file) => file.folder))) {
  tell(folder, counted(files.filter((file) => file.folder === folder)));
}
const all = counted(files);
tell("in all", all);
for (const file of files) {
  const { share } = counted([file]);
  if (share < percent) process.stdout.write(`${file.file}: ${share.toFixed(1)} %, not run: ${ranges(file.missed)}\n`);
}
process.exit(all.total && all.share >= percent ? 0 : 1);
