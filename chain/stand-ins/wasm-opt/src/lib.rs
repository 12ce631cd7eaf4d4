//! A runtime's WASM without Binaryen.
//!
//! The SDK's WASM builder passes what rustc made through Binaryen's `wasm-opt`, optimising nothing: it
//! takes out the debug information and rewrites the instructions that chains do not have. The target
//! `wasm32v1-none` has none of those, so Binaryen's C++, a tenth of the node's compile time, does
//! nothing that these few lines do not. That the instructions are not there is checked, not assumed.

use std::{fs, io, ops::Range, path::Path};

use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// The only passes that the SDK's WASM builder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Take out the custom sections with debug information.
    StripDwarf,
    /// Rewrite the sign-extension instructions. Here: fail if there is one.
    SignextLowering,
}

/// Why a WASM module was not written.
#[derive(Debug, thiserror::Error)]
pub enum OptimizationError {
    #[error("failed to read or write a WASM file: {0}")]
    File(#[from] io::Error),
    #[error("the WASM is broken, or has instructions that the chain does not: {0}")]
    Module(#[from] wasmparser::BinaryReaderError),
}

/// What is to be done to a module.
#[derive(Debug, Default)]
pub struct OptimizationOptions {
    passes: Vec<Pass>,
}

impl OptimizationOptions {
    /// Options that optimise nothing.
    pub fn new_opt_level_0() -> Self {
        Self::default()
    }

    /// Has no effect: nothing else is ever accepted.
    pub fn mvp_features_only(&mut self) -> &mut Self {
        self
    }

    /// Has no effect: the names of functions are kept in any case.
    pub fn debug_info(&mut self, _kept: bool) -> &mut Self {
        self
    }

    /// Adds a pass.
    pub fn add_pass(&mut self, pass: Pass) -> &mut Self {
        self.passes.push(pass);
        self
    }

    /// Reads a module, checks it, and writes it as the passes say.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or if the module is not valid WebAssembly 1.0.
    pub fn run(
        &self,
        infile: impl AsRef<Path>,
        outfile: impl AsRef<Path>,
    ) -> Result<(), OptimizationError> {
        let mut module = fs::read(infile)?;
        Validator::new_with_features(WasmFeatures::WASM1).validate_all(&module)?;
        if self.passes.contains(&Pass::StripDwarf) {
            module = without_debug_information(&module)?;
        }
        Ok(fs::write(outfile, module)?)
    }
}

/// Every section but the custom ones whose names begin with `.debug`.
fn without_debug_information(module: &[u8]) -> Result<Vec<u8>, OptimizationError> {
    let mut kept = Vec::with_capacity(module.len());
    let mut copied = 0;
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        if section.name().starts_with(".debug") {
            let Range { start, end } = whole_section(module, section.range());
            kept.extend_from_slice(&module[copied..start]);
            copied = end;
        }
    }
    kept.extend_from_slice(&module[copied..]);
    Ok(kept)
}

/// A custom section with its id, a zero byte, and its length, a number of one to five bytes whose last
/// is the only one without the high bit.
fn whole_section(module: &[u8], content: Range<usize>) -> Range<usize> {
    let length = module[..content.start - 1]
        .iter()
        .rev()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    content.start - length - 1..content.end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(module (func (param i32) (result i32) local.get 0))`, as the specification encodes it.
    const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\0\x0a\x06\x01\x04\0\x20\0\x0b";
    /// The same with `i32.extend8_s` before the end.
    const SIGN_EXTENDED: &[u8] = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\0\x0a\x07\x01\x05\0\x20\0\xc0\x0b";

    fn custom_section(name: &str, length: usize) -> Vec<u8> {
        let body = [&[name.len() as u8], name.as_bytes(), &vec![0xff; length]].concat();
        let mut section = vec![0];
        let mut rest = body.len();
        while rest > 0x7f {
            section.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        section.push(rest as u8);
        [section, body].concat()
    }

    fn run(module: &[u8]) -> Result<Vec<u8>, OptimizationError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (from, to) = (folder.path().join("in"), folder.path().join("out"));
        fs::write(&from, module).expect("a file");
        OptimizationOptions::new_opt_level_0()
            .add_pass(Pass::StripDwarf)
            .add_pass(Pass::SignextLowering)
            .run(&from, &to)?;
        Ok(fs::read(to).expect("a file"))
    }

    #[test]
    fn debug_information_is_taken_out_and_nothing_else() {
        for length in [0, 1, 110, 200, 20_000, 70_000] {
            let names = custom_section("name", 3);
            let debug = custom_section(".debug_info", length);
            let debugged = [MODULE, &debug, &names, &debug].concat();
            assert_eq!(run(&debugged).expect("valid"), [MODULE, &names].concat());
        }
    }

    #[test]
    fn instructions_that_chains_do_not_have_fail() {
        assert_eq!(run(MODULE).expect("valid"), MODULE);
        assert!(matches!(
            run(SIGN_EXTENDED),
            Err(OptimizationError::Module(_))
        ));
    }
}
