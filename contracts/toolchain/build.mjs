// Builds the contracts, and says whether what is committed is what the sources give. Run by contracts/build.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { compilersAtHand, target } from "./compilers.mjs";
import { writeAbi, writeBlob } from "./compile.mjs";
import * as committed from "./manifest.mjs";
import { abiFiles, names, sha256, sourcesHash } from "./sources.mjs";

const help = `\
Builds the ink! contracts for PolkaVM. What it makes is committed: contracts/blobs, with a manifest of
what each blob is made from, and contracts/abi.

Usage: contracts/build [--all] [--only NAME]
       contracts/build --check [--quick] [--only NAME]

  contracts/build                     builds what changed, going by the manifest, and writes it
  contracts/build --only policy       one contract alone
  contracts/build --all               builds everything, whatever the manifest says
  contracts/build --check             builds everything, and fails when a committed file differs
  contracts/build --check --quick     compares hashes alone: needs no compiler, takes a second

Bytes are compared only with the compilers that the manifest names. With others --check says so, and
compares sources, hashes and ABIs; contracts/build builds everything with them and moves the pin.

What was built is kept below $CARGO_TARGET_DIR (default: ~/.cache/lex/target/contracts) by what it is
made from.
`;

const options = {
  all: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  only: { type: "string" },
  help: { type: "boolean", default: false },
};

const contracts = join(dirname(fileURLToPath(import.meta.url)), "..");

const say = (text) => process.stderr.write(`contracts: ${text}\n`);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The content of a file that is made from this, out of the cache or newly made. */
function kept(file, madeFrom, make) {
  const place = join(target, "kept", sha256(JSON.stringify(madeFrom)).slice(2, 18), file);
  if (!existsSync(place)) {
    mkdirSync(dirname(place), { recursive: true });
    const unfinished = `${place}.${process.pid}`;
    try {
      make(unfinished);
      renameSync(unfinished, place);
    } finally {
      rmSync(unfinished, { force: true });
    }
  }
  return readFileSync(place);
}

const abiOf = (name) =>
  kept(abiFiles[name], [sourcesHash(contracts, name)], (output) => writeAbi(contracts, name, output));

const blobOf = (name, compilers) =>
  kept(`${name}.polkavm`, [sourcesHash(contracts, name), compilers], (output) => writeBlob(contracts, name, output));

/** Writes a file unless it is so already: what is compiled with an ABI goes by the file's time. */
function write(file, bytes) {
  if (!committed.read(contracts, file)?.equals(bytes)) writeFileSync(join(contracts, file), bytes);
}

/** Writes a contract's files and answers its entry in the manifest. */
function build(name, compilers) {
  const abi = abiOf(name);
  const blob = blobOf(name, compilers);
  write(committed.abiFile(name), abi);
  write(committed.blobFile(name), blob);
  say(`${name}.polkavm has ${blob.length} bytes`);
  return committed.entry(contracts, name, blob, abi);
}

/** Builds the chosen contracts, or those of them that are not what the manifest says. */
function buildAndWrite(chosen, { all }) {
  const compilers = compilersAtHand(contracts);
  const manifest = committed.readManifest(contracts);
  const moved = manifest && !same(manifest.compilers, compilers);
  // One manifest names one set of compilers for all blobs.
  if (moved && chosen !== names) {
    throw new Error(`${otherCompilers(manifest.compilers, compilers)}; build all contracts with contracts/build`);
  }
  if (moved) say(`${otherCompilers(manifest.compilers, compilers)}; all contracts are built anew, and the pin moves`);
  const entries = moved ? {} : { ...manifest?.entries };
  mkdirSync(join(contracts, "blobs"), { recursive: true });
  for (const name of chosen) {
    const isCurrent = committed.faultsOf(contracts, name, entries[name]).length === 0;
    if (all || !isCurrent) entries[name] = build(name, compilers);
  }
  write(committed.manifestFile, Buffer.from(committed.manifestText(compilers, entries)));
}

function otherCompilers(pinned, atHand) {
  const differing = Object.keys(atHand).filter((what) => pinned[what] !== atHand[what]);
  return differing.map((what) => `${what} is ${atHand[what]} here, the manifest pins ${pinned[what]}`).join("; ");
}

/** What differs between the committed files and what is built of the sources. */
function faultsAfterBuilding(chosen) {
  const faults = committed.committedFaults(contracts, chosen);
  const manifest = committed.readManifest(contracts);
  const compilers = compilersAtHand(contracts);
  const built = chosen.map((name) => ({ file: committed.abiFile(name), bytes: abiOf(name) }));
  if (manifest && !same(manifest.compilers, compilers)) {
    say(`${otherCompilers(manifest.compilers, compilers)}; blobs are not compared byte by byte (contracts/build moves the pin)`);
  } else {
    built.push(...chosen.map((name) => ({ file: committed.blobFile(name), bytes: blobOf(name, compilers) })));
  }
  return [...faults, ...committed.builtFaults(contracts, built)];
}

function tell(faults) {
  for (const { what } of faults) say(what);
  for (const mend of new Set(faults.map((fault) => fault.mend))) say(`to mend it: ${mend}`);
  if (!faults.length) say("what is committed is what it should be");
  return faults.length ? 1 : 0;
}

function run({ all, check, quick, only, help: wantsHelp }) {
  if (wantsHelp) {
    process.stdout.write(help);
    return 0;
  }
  const isClear = (check ? !all : !quick) && (!only || names.includes(only));
  if (!isClear) {
    process.stderr.write(help);
    return 2;
  }
  const chosen = only ? [only] : names;
  if (check) return tell(quick ? committed.committedFaults(contracts, chosen) : faultsAfterBuilding(chosen));
  buildAndWrite(chosen, { all });
  return 0;
}

try {
  process.exitCode = run(parseArgs({ options }).values);
} catch (error) {
  say(error.message);
  process.exitCode = error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}
