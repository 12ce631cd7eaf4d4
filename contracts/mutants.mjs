// Removes the defences in mutants.json one at a time from a copy of the contracts: a test of the
// contracts has to notice each. Run by scripts/mutants.
//
//   node mutants.mjs check            only looks at the list
//   node mutants.mjs COPY [P7|P7.2]...  tries all mutants, or these, in the folder COPY

import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const contracts = dirname(fileURLToPath(import.meta.url));
const pitfalls = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P11", "P13", "P14"];

const say = (text) => process.stderr.write(`${text}\n`);

/** The list, each mutant with a name: the pitfall and its place among those of the pitfall. */
function named(list) {
  const places = {};
  return list.map((mutant) => {
    places[mutant.pitfall] = (places[mutant.pitfall] ?? 0) + 1;
    return { ...mutant, name: `${mutant.pitfall}.${places[mutant.pitfall]}` };
  });
}

/** The source without the mutant's defence; fails when what it replaces is not there exactly once. */
function mutated({ file, find, replace }, root) {
  const source = readFileSync(join(root, file), "utf8");
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`${file} has ${count} times: ${find}`);
  return source.replace(find, () => replace);
}

/** Whether a function in the folder's sources has this text in its name. */
function hasTest(folder, text) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".rs"))
    .some((file) => new RegExp(`fn \\w*${text}`).test(readFileSync(join(folder, file), "utf8")));
}

/** What is wrong with the list. */
function faults(mutants) {
  const missing = pitfalls
    .filter((pitfall) => !mutants.some((mutant) => mutant.pitfall === pitfall))
    .map((pitfall) => `${pitfall}: no mutant`);
  const broken = mutants.flatMap((mutant) => {
    try {
      mutated(mutant, contracts);
    } catch (error) {
      return `${mutant.name}: ${error.message}`;
    }
    const { name, tests, filter } = mutant;
    return filter && !hasTest(join(contracts, tests, "src"), filter) ? `${name}: no test of ${tests} is called ${filter}` : [];
  });
  return [...missing, ...broken];
}

/** Runs the unit tests of a workspace below the copy, or another test of it; the copy's .cargo/config.toml is in force. */
function cargo(copy, { tests, test }, ...options) {
  const command = ["test", "--locked", ...(test ? ["--test", test] : ["--lib"]), ...options];
  const { status, stdout, stderr, error } = spawnSync("cargo", command, {
    cwd: join(copy, tests),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  return { passed: status === 0, output: stdout + stderr };
}

/** What the tests of a workspace say: they do not compile, all pass, or these fail. */
function verdict(copy, { tests, test, filter }) {
  const build = cargo(copy, { tests, test }, "--no-run");
  if (!build.passed) return { compiles: false, failed: [], output: build.output };
  const { passed, output } = cargo(copy, { tests, test }, ...(filter ? ["--", filter] : []));
  const failed = [...output.matchAll(/^test (\S+).* \.\.\. FAILED$/gm)].map(([, name]) => name);
  return { compiles: true, failed: passed || failed.length ? failed : ["a test that ended the others"], output };
}

function tried(copy, mutant) {
  const file = join(copy, mutant.file);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, mutated(mutant, copy));
  const { compiles, failed, output } = verdict(copy, mutant);
  writeFileSync(file, source);
  if (!compiles) say(output.slice(-4000));
  return { compiles, failed };
}

function tell({ name, removed }, { compiles, failed }) {
  const few = failed.slice(0, 3);
  const more = failed.length > few.length ? [`and ${failed.length - few.length} more`] : [];
  const what = !compiles ? ["DOES NOT COMPILE"] : failed.length ? [...few, ...more] : ["SURVIVED"];
  const [first, ...rest] = what;
  process.stdout.write(`${name.padEnd(6)} ${removed.padEnd(80)} ${first}\n`);
  for (const line of rest) process.stdout.write(`${" ".repeat(88)}${line}\n`);
}

const [target, ...names] = process.argv.slice(2);
const all = named(JSON.parse(readFileSync(join(contracts, "mutants.json"), "utf8")));
const wrong = faults(all);
for (const fault of wrong) say(fault);
if (wrong.length) process.exit(1);
if (target === "check") process.exit(0);

const chosen = all.filter(({ pitfall, name }) => !names.length || names.includes(pitfall) || names.includes(name));
if (!chosen.length) {
  say(`no mutant is called ${names.join(" or ")}`);
  process.exit(2);
}

// Every file of the copy is new, so that cargo builds nothing from an earlier run's mutants.
rmSync(target, { recursive: true, force: true });
const built = (path) => ["target", "node_modules", "out", "cache"].includes(basename(path));
cpSync(contracts, target, { recursive: true, filter: (path) => !built(path) });

let unguarded = 0;
for (const tests of new Set(chosen.map((mutant) => mutant.tests))) {
  say(`${tests}: the tests without a mutant`);
  const { compiles, failed, output } = verdict(target, { tests });
  if (!compiles || failed.length) {
    say(output.slice(-4000));
    say(`${tests}: its tests have to pass before a mutant means anything`);
    process.exit(1);
  }
  for (const mutant of chosen.filter((other) => other.tests === tests)) {
    say(`${mutant.name}: ${mutant.file}, tests of ${tests}`);
    const result = tried(target, mutant);
    if (!result.failed.length) unguarded += 1;
    tell(mutant, result);
  }
}
say(`${chosen.length - unguarded} of ${chosen.length} removed defences were noticed`);
process.exit(unguarded ? 1 : 0);
