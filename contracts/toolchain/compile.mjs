// How a contract is compiled. Every contract is made from this file too: a change of it rebuilds them all.

import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { path, rustWithSources, target } from "./compilers.mjs";

const say = (text) => process.stderr.write(`contracts: ${text}\n`);

/** Runs a program in a folder with its output in a log, and shows the log's end if it fails. */
function quietly(what, { log, output, folder, program, options, env }) {
  say(`${what} ...`);
  const started = Date.now();
  const errors = openSync(log, "w");
  const results = output ? openSync(output, "w") : errors;
  const { status, error } = spawnSync(program, options, {
    cwd: folder,
    stdio: ["ignore", results, errors],
    env: { ...process.env, PATH: path, CARGO_TARGET_DIR: target, CARGO_TERM_COLOR: "never", ...env },
  });
  for (const file of new Set([errors, results])) closeSync(file);
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(readFileSync(log, "utf8").split("\n").slice(-40).join("\n"));
    throw new Error(`${what} failed; the whole output is in ${log}`);
  }
  say(`${what} took ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Has ink!'s code generator where .cargo/config.toml says; does nothing when it is there. */
function prepareCodeGenerator(contracts) {
  execFileSync(process.execPath, [join(contracts, "ink-codegen/prepare.mjs")], { stdio: "inherit" });
}

/** Writes a contract's ABI into a file. Runs in the contract's folder for the flags in .cargo. */
export function writeAbi(contracts, name, output) {
  prepareCodeGenerator(contracts);
  quietly(`describing ${name}`, {
    log: join(target, `abi-${name}.log`),
    output,
    folder: join(contracts, name),
    program: "cargo",
    options: ["run", "--quiet", "--locked", "--example", "abi"],
  });
}

/** Compiles a contract for PolkaVM and writes its code into a file. */
export function writeBlob(contracts, name, output) {
  prepareCodeGenerator(contracts);
  // cargo-contract builds a copy of the manifest in a temporary folder, which lies in this one so that
  // cargo finds .cargo/config.toml from there.
  const temporary = join(contracts, "target/tmp");
  mkdirSync(temporary, { recursive: true });
  quietly(`building ${name} for PolkaVM (minutes the first time)`, {
    log: join(target, `blob-${name}.log`),
    folder: join(contracts, name),
    program: "cargo-contract",
    options: ["contract", "build", "--release", "--generate", "code-only"],
    env: {
      PATH: [rustWithSources(), path].join(delimiter),
      TMPDIR: temporary,
      INK_RUSTC_WRAPPER: join(dirname(fileURLToPath(import.meta.url)), "rustc"),
      // cargo refuses the JSON description of the PolkaVM target without this since 1.95.
      CARGO_UNSTABLE_JSON_TARGET_SPEC: "true",
    },
  });
  copyFileSync(join(target, "ink", `lex_${name}.polkavm`), output);
}
