// contracts/blobs/manifest.json: what each committed contract is, and what it was made from and with.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { abiFiles, names, sha256, sourcesHash } from "./sources.mjs";

export const blobFile = (name) => `blobs/${name}.polkavm`;
export const abiFile = (name) => `abi/${abiFiles[name]}`;
export const manifestFile = "blobs/manifest.json";

const rebuild = "contracts/build, then commit contracts/abi and contracts/blobs";
const rebuildAll = "contracts/build --all, then commit contracts/abi and contracts/blobs";
const restore = "git checkout contracts/abi contracts/blobs";

/** keccak-256, which chains know code by, of the one place that has it installed. */
function keccak256() {
  const place = join(dirname(fileURLToPath(import.meta.url)), "../vectors/viem");
  try {
    return createRequire(join(place, "package.json"))("viem").keccak256;
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    process.stderr.write("contracts: viem is missing; scripts/setup --develop installs it\n");
    process.exit(1);
  }
}

/** The code hash as the chain keeps it. */
const codeHash = keccak256();

export function read(contracts, file) {
  const path = join(contracts, file);
  return existsSync(path) ? readFileSync(path) : undefined;
}

/** A contract's entry; `blob` and `abi` are the files' contents. */
export function entry(contracts, name, blob, abi) {
  return {
    codeHash: codeHash(blob),
    size: blob.length,
    abiHash: sha256(abi),
    sourcesHash: sourcesHash(contracts, name),
  };
}

/** The manifest as it is committed. */
export function manifestText({ rustc, llvm, cargoContract, ink }, entries) {
  const contracts = {};
  for (const name of names.filter((name) => entries[name])) {
    const { codeHash, size, abiHash, sourcesHash } = entries[name];
    contracts[name] = { codeHash, size, abiHash, sourcesHash };
  }
  return `${JSON.stringify({ compilers: { rustc, llvm, cargoContract, ink }, contracts }, null, 2)}\n`;
}

/** The committed manifest; nothing when there is none. */
export function readManifest(contracts) {
  const text = read(contracts, manifestFile)?.toString();
  if (text === undefined) return undefined;
  try {
    const { compilers, contracts: entries } = JSON.parse(text);
    if (compilers && entries) return { compilers, entries, text };
  } catch {
    // Said below, as for JSON that is no manifest.
  }
  throw new Error(`contracts/${manifestFile} is no manifest; mend it with: ${restore}`);
}

/** What is wrong with a contract's committed files, each as `{ what, mend }`. */
export function faultsOf(contracts, name, expected) {
  if (!expected) return [{ what: `contracts/${manifestFile} does not name ${name}`, mend: rebuild }];
  const faults = [];
  const blob = read(contracts, blobFile(name));
  const abi = read(contracts, abiFile(name));
  const compare = (file, what, found, wanted, mend) => {
    if (found !== wanted) faults.push({ what: `${file}: ${what} ${found}, the manifest says ${wanted}`, mend });
  };
  if (blob) {
    compare(`contracts/${blobFile(name)}`, "its code hash is", codeHash(blob), expected.codeHash, restore);
    compare(`contracts/${blobFile(name)}`, "its size is", blob.length, expected.size, restore);
  } else {
    faults.push({ what: `contracts/${blobFile(name)} is missing`, mend: restore });
  }
  if (abi) {
    compare(`contracts/${abiFile(name)}`, "its hash is", sha256(abi), expected.abiHash, restore);
  } else {
    faults.push({ what: `contracts/${abiFile(name)} is missing`, mend: restore });
  }
  if (sourcesHash(contracts, name) !== expected.sourcesHash) {
    faults.push({ what: `the sources of ${name} changed since contracts/${blobFile(name)} was built`, mend: rebuild });
  }
  return faults;
}

/** Files of the folder and entries of the manifest that belong to no contract, and whatever else the manifest says. */
function strangers(contracts, { compilers, entries, text }) {
  const known = new Set([manifestFile, ...names.map(blobFile)]);
  const files = readdirSync(join(contracts, "blobs"))
    .map((file) => `blobs/${file}`)
    .filter((file) => !known.has(file))
    .map((file) => ({ what: `contracts/${file} belongs to no contract`, mend: `git rm contracts/${file}` }));
  const named = Object.keys(entries)
    .filter((name) => !names.includes(name))
    .map((name) => ({ what: `contracts/${manifestFile} names ${name}, which is no contract`, mend: rebuild }));
  if (!named.length && text !== manifestText(compilers, entries)) {
    named.push({ what: `contracts/${manifestFile} is not written as contracts/build writes it`, mend: restore });
  }
  return [...files, ...named];
}

/** What differs between the committed files, the sources and the manifest: hashes alone, no compiler. */
export function committedFaults(contracts, chosen = names) {
  const manifest = readManifest(contracts);
  if (!manifest) return [{ what: `contracts/${manifestFile} is missing`, mend: rebuild }];
  return [
    ...chosen.flatMap((name) => faultsOf(contracts, name, manifest.entries[name])),
    ...strangers(contracts, manifest),
  ];
}

/** What differs between the committed files and what was just built. */
export function builtFaults(contracts, built) {
  return built
    .filter(({ file, bytes }) => !read(contracts, file)?.equals(bytes))
    .map(({ file }) => ({ what: `contracts/${file} is not what the sources give`, mend: rebuildAll }));
}
