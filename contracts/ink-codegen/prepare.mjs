// Puts a copy of ink!'s code generator into crate/ beside this file, with one thing changed.
//
// In front of every message ink! asks of all messages whether any takes payment. Each of these questions
// names a selector, which the compiler works out anew: of sixty messages 3,600 times, which takes minutes
// for each contract. The copy asks once for a contract; the code of the contracts stays the same.
//
// contracts/.cargo/config.toml has cargo take the copy. Run by scripts/setup; safe to run again.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const name = "ink_codegen";
const version = "6.0.0-beta.1";
const sha256 = "e296a5d6c718635aab3285ee768cccf0a1c23e2be6675f873a089414a139d8a9";
const crate = join(dirname(fileURLToPath(import.meta.url)), "crate");
const stamp = join(crate, ".prepared");

/** What is replaced in which file; each of these stands there exactly once. */
const changes = {
  "src/generator/dispatch.rs": [
    [
      `
                let any_message_accepts_payment =
                    self.any_message_accepts_payment(messages);

                quote_spanned!`,
      `
                quote_spanned!`,
    ],
    ["if #any_message_accepts_payment && #deny_payment", "if ANY_ACCEPTS_PAYMENT && #deny_payment"],
    [
      `quote_spanned!(span=>
            const _: () = {
                #[allow(non_camel_case_types)]
                pub enum __ink_MessageDecoder {`,
      `let any_message_accepts_payment = self.any_message_accepts_payment(messages);
        quote_spanned!(span=>
            const _: () = {
                #[allow(unused_braces, clippy::nonminimal_bool)]
                const ANY_ACCEPTS_PAYMENT: ::core::primitive::bool = #any_message_accepts_payment;

                #[allow(non_camel_case_types)]
                pub enum __ink_MessageDecoder {`,
    ],
  ],
  // A workspace of its own, or cargo would look for it in the one around it.
  "Cargo.toml": [["\n[lib]\n", "\n[workspace]\n\n[lib]\n"]],
};

function replaced(source, [find, replace], file) {
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`${name} ${version}: ${file} has ${count} times: ${find}`);
  return source.replace(find, () => replace);
}

/** The crate's folder and archive in cargo's cache; nothing when it was never downloaded. */
function downloaded() {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry");
  if (!existsSync(join(registry, "src"))) return undefined;
  return readdirSync(join(registry, "src"))
    .map((index) => ({
      folder: join(registry, "src", index, `${name}-${version}`),
      archive: join(registry, "cache", index, `${name}-${version}.crate`),
    }))
    .find(({ folder, archive }) => existsSync(folder) && existsSync(archive));
}

/** Has cargo download the crate for a package that needs nothing else. */
function download() {
  const folder = mkdtempSync(join(tmpdir(), "lex-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/lib.rs"), "");
  const manifest = `[package]\nname = "none"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n${name} = "=${version}"\n`;
  writeFileSync(join(folder, "Cargo.toml"), manifest);
  execFileSync("cargo", ["fetch", "--quiet"], { cwd: folder, stdio: "inherit" });
  rmSync(folder, { recursive: true });
}

const wanted = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url))).digest("hex");
if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) process.exit(0);

if (!downloaded()) download();
const { folder, archive } = downloaded();
const found = createHash("sha256").update(readFileSync(archive)).digest("hex");
if (found !== sha256) throw new Error(`${archive} has SHA-256 ${found} instead of ${sha256}`);

const part = `${crate}.part`;
rmSync(part, { recursive: true, force: true });
cpSync(folder, part, { recursive: true });
for (const [file, replacements] of Object.entries(changes)) {
  const source = readFileSync(join(part, file), "utf8");
  writeFileSync(join(part, file), replacements.reduce((text, change) => replaced(text, change, file), source));
}
writeFileSync(join(part, ".prepared"), wanted);
rmSync(crate, { recursive: true, force: true });
renameSync(part, crate);
