// The compilers at hand, and where what they make is kept.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

import { lockedPackages, names } from "./sources.mjs";

const cache = process.env.LEX_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "lex");
export const target = process.env.CARGO_TARGET_DIR ?? join(cache, "target/contracts");

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
/** cargo-contract may stand with the programs that scripts/setup installs, or with cargo's own. */
export const path = [process.env.PATH, join(cache, "tools/bin"), join(cargoHome, "bin")].join(delimiter);

/** What a program prints; nothing when there is no such program. */
function printed(program, ...options) {
  const { status, stdout } = spawnSync(program, options, { encoding: "utf8", env: { ...process.env, PATH: path } });
  return status === 0 ? stdout.trimEnd() : undefined;
}

/**
 * The folder of a Rust whose library sources are installed, which PolkaVM needs: Debian's with
 * rust-web-src, or rustup's with rust-src.
 */
export function rustWithSources() {
  const sysroot = (rustc) => printed(rustc, "--print", "sysroot");
  for (const rustc of ["/usr/bin/rustc", join(sysroot("rustc") ?? "/usr", "bin/rustc")]) {
    const core = join(sysroot(rustc) ?? "", "lib/rustlib/src/rust/library/core/Cargo.toml");
    if (existsSync(core)) return dirname(rustc);
  }
  throw new Error(
    "no Rust with its library sources: 'rustup component add rust-src', or on Debian 'apt-get install rustc-web cargo-web rust-web-src lld-22'",
  );
}

/** `cargo-contract-contract 6.0.0-beta.2-unknown-x86_64-unknown-linux-gnu` without commit and machine. */
function cargoContractVersion() {
  const line = printed("cargo-contract", "contract", "--version");
  if (!line) throw new Error("cargo-contract is missing: scripts/setup installs it");
  return line.match(/ (\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?)/)?.[1] ?? line;
}

function inkVersion(contracts) {
  const inks = names.flatMap((name) => lockedPackages(contracts, name).filter((locked) => locked.name === "ink"));
  return [...new Set(inks.map(({ version }) => version))].join(", ");
}

/** What would build the contracts here, as the manifest has it. */
export function compilersAtHand(contracts) {
  const rustc = join(rustWithSources(), "rustc");
  return {
    rustc: printed(rustc, "--version"),
    // Debian's rustc takes LLVM from a package of its own, which is updated by itself.
    llvm: printed(rustc, "-vV").match(/^LLVM version: (.*)$/m)?.[1],
    cargoContract: cargoContractVersion(),
    ink: inkVersion(contracts),
  };
}
