// Which contracts there are, and which files each is made from.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Each contract's folder and the name of its ABI file. */
export const abiFiles = {
  policy: "Policy.json",
  license: "License.json",
  seats: "Seats.json",
  proxy: "Proxy.json",
  committee: "Committee.json",
  verifier: "Verifier.json",
};

export const names = Object.keys(abiFiles);

/** What every contract is made with, whatever it says. */
const shared = [".cargo/config.toml", "Cargo.toml", "toolchain/compile.mjs", "toolchain/rustc"];

/** ink!'s patched code generator is no folder of the repository; this makes it. */
const codeGenerator = { name: "ink_codegen", file: "ink-codegen/prepare.mjs" };

/** Folders and files below a crate that are in no contract: `tests` and `tests.rs` are tests alone. */
const ignored = new Set(["node_modules", "target", "tests", "tests.rs"]);

export const sha256 = (bytes) => `0x${createHash("sha256").update(bytes).digest("hex")}`;

/** The packages of a lock file: name, version, and whether cargo downloads it. */
export function lockedPackages(contracts, name) {
  const lock = readFileSync(join(contracts, name, "Cargo.lock"), "utf8");
  const field = (text, key) => text.match(new RegExp(`^${key} = "(.*)"$`, "m"))?.[1];
  return lock
    .split("[[package]]\n")
    .slice(1)
    .map((text) => ({ name: field(text, "name"), version: field(text, "version"), downloaded: /^source = /m.test(text) }));
}

/** The folders of our own crates, by the crate's name. */
function crates(contracts) {
  const found = readdirSync(contracts).flatMap((folder) => {
    const manifest = join(contracts, folder, "Cargo.toml");
    const name = existsSync(manifest) && readFileSync(manifest, "utf8").match(/^name = "(.*)"$/m)?.[1];
    return name ? [[name, folder]] : [];
  });
  return new Map(found);
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !ignored.has(name) && !name.endsWith(".md"))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** Every file that decides a contract's code or ABI. The lock file names the crates that it compiles. */
function sources(contracts, name) {
  const folders = crates(contracts);
  const local = lockedPackages(contracts, name).filter(({ downloaded }) => !downloaded);
  return local.flatMap((crate) => {
    if (crate.name === codeGenerator.name) return [join(contracts, codeGenerator.file)];
    const folder = folders.get(crate.name);
    if (!folder) throw new Error(`contracts/${name}/Cargo.lock names ${crate.name}, which is no folder of contracts`);
    return filesBelow(join(contracts, folder));
  });
}

/** One hash of the names and contents of everything that a contract is made from. */
export function sourcesHash(contracts, name) {
  const files = [...shared.map((file) => join(contracts, file)), ...sources(contracts, name)];
  const lines = files.map((file) => `${relative(contracts, file)} ${sha256(readFileSync(file))}\n`);
  return sha256(lines.sort().join(""));
}
