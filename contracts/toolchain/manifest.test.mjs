// What is said of committed files that differ. Run with: node --test contracts/toolchain

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { abiFile, blobFile, builtFaults, committedFaults, entry, manifestFile, manifestText } from "./manifest.mjs";
import { names } from "./sources.mjs";

const compilers = { rustc: "rustc 1", llvm: "1", cargoContract: "2", ink: "3" };
let contracts;

function write(file, text) {
  mkdirSync(dirname(join(contracts, file)), { recursive: true });
  writeFileSync(join(contracts, file), text);
}

function editManifest(edit) {
  const manifest = JSON.parse(readFileSync(join(contracts, manifestFile), "utf8"));
  edit(manifest.contracts);
  write(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}

const locked = (name) => `[[package]]\nname = "${name}"\nversion = "0.1.0"\n`;

/** Six contracts that use one library, with their committed files. */
beforeEach(() => {
  contracts = mkdtempSync(join(tmpdir(), "lex-"));
  for (const file of [".cargo/config.toml", "Cargo.toml", "toolchain/compile.mjs", "toolchain/rustc"]) write(file, "");
  write("model/Cargo.toml", '[package]\nname = "lex-model"\n');
  write("model/src/lib.rs", "");
  const entries = {};
  for (const name of names) {
    write(`${name}/Cargo.toml`, `[package]\nname = "lex-${name}"\n`);
    write(`${name}/Cargo.lock`, `${locked(`lex-${name}`)}\n${locked("lex-model")}\n${locked("ink")}source = "registry"\n`);
    write(`${name}/src/lib.rs`, "");
    write(blobFile(name), `blob of ${name}`);
    write(abiFile(name), `ABI of ${name}`);
    entries[name] = entry(contracts, name, Buffer.from(`blob of ${name}`), Buffer.from(`ABI of ${name}`));
  }
  write(manifestFile, manifestText(compilers, entries));
});

afterEach(() => rmSync(contracts, { recursive: true }));

/** The only fault there is. */
function fault(...chosen) {
  const faults = committedFaults(contracts, ...chosen);
  assert.equal(faults.length, 1, JSON.stringify(faults));
  return faults[0];
}

test("what was just built has no fault", () => {
  assert.deepEqual(committedFaults(contracts), []);
});

test("a code hash is the chain's", () => {
  const { codeHash } = entry(contracts, "policy", Buffer.alloc(0), Buffer.alloc(0));
  assert.equal(codeHash, "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
});

test("a changed byte of a blob is named, and git restores it", () => {
  write(blobFile("seats"), "blob of seatz");
  const { what, mend } = fault();
  assert.match(what, /^contracts\/blobs\/seats\.polkavm: its code hash is 0x/);
  assert.match(mend, /^git checkout/);
});

test("a changed byte of an ABI is named", () => {
  write(abiFile("policy"), "ABI of policz");
  assert.match(fault().what, /^contracts\/abi\/Policy\.json: its hash is/);
});

test("a missing blob or ABI is named", () => {
  for (const file of [blobFile("proxy"), abiFile("license")]) {
    const before = readFileSync(join(contracts, file));
    rmSync(join(contracts, file));
    assert.equal(fault().what, `contracts/${file} is missing`);
    write(file, before);
  }
});

test("a changed source names its contract, and a build mends it", () => {
  write("license/src/lib.rs", "fn changed() {}");
  const { what, mend } = fault();
  assert.equal(what, "the sources of license changed since contracts/blobs/license.polkavm was built");
  assert.match(mend, /^contracts\/build/);
});

test("a changed library, recipe or name of a file changes every contract that it is in", () => {
  for (const file of ["model/src/lib.rs", "toolchain/compile.mjs", "model/src/another.rs"]) {
    write(file, "changed");
    assert.equal(committedFaults(contracts).length, names.length, file);
    write(file, "");
  }
});

test("tests and documents are in no contract", () => {
  for (const file of ["model/tests/all.rs", "policy/src/tests.rs", "policy/src/tests/gate.rs", "seats/README.md"]) {
    write(file, "changed");
  }
  assert.deepEqual(committedFaults(contracts), []);
});

test("a hash that was changed in the manifest is named with its contract", () => {
  editManifest((entries) => (entries.committee.codeHash = "0x00"));
  assert.match(fault().what, /^contracts\/blobs\/committee\.polkavm: .* the manifest says 0x00$/);
  assert.deepEqual(committedFaults(contracts, ["policy"]), []);
});

test("contracts that the manifest leaves out or invents are named", () => {
  editManifest((entries) => delete entries.verifier);
  assert.equal(fault().what, "contracts/blobs/manifest.json does not name verifier");
  editManifest((entries) => Object.assign(entries, { verifier: undefined, lottery: entries.policy }));
  assert.ok(committedFaults(contracts).some(({ what }) => what.includes("names lottery, which is no contract")));
});

test("anything else in the manifest is a fault", () => {
  editManifest((entries) => (entries.policy.note = "hello"));
  assert.equal(fault().what, "contracts/blobs/manifest.json is not written as contracts/build writes it");
});

test("a file of no contract is named", () => {
  write("blobs/lottery.polkavm", "");
  assert.equal(fault().what, "contracts/blobs/lottery.polkavm belongs to no contract");
});

test("no manifest, or what is none, is said", () => {
  write(manifestFile, "{");
  assert.throws(() => committedFaults(contracts), /manifest\.json is no manifest; mend it with: git checkout/);
  rmSync(join(contracts, manifestFile));
  assert.equal(fault().what, "contracts/blobs/manifest.json is missing");
});

test("what was built and is not committed is named", () => {
  const bytes = (text) => Buffer.from(text);
  const built = [
    { file: blobFile("policy"), bytes: bytes("blob of policy") },
    { file: blobFile("seats"), bytes: bytes("another") },
  ];
  assert.deepEqual(
    builtFaults(contracts, built).map(({ what }) => what),
    ["contracts/blobs/seats.polkavm is not what the sources give"],
  );
});
