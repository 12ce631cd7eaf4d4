//! The runtime of a chain's next version, made from the one that runs. A second runtime that is
//! compiled would take an hour; what clients see of an upgrade are versions, names and indices, and
//! these can be changed in the compiled code.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use subxt::config::substrate::SubstrateExtrinsicParamsBuilder;
use subxt::ext::codec::{Compact, Encode};
use subxt::ext::scale_encode::{EncodeAsFields, Error, FieldIter, TypeResolver};
use subxt::{OnlineClient, SubstrateConfig, dynamic};
use subxt_signer::sr25519::dev;

/// How compressed code begins: eight bytes, then Zstandard (`sp-maybe-compressed-blob`).
const COMPRESSED: [u8; 8] = [0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e, 0x05];
/// Specification and implementation, as the section of versions begins.
const NAMES: &[u8] = b"\x0clex\x2clex-runtime";
const IMPLEMENTATION: &[u8] = b"lex-runtime";
/// The version of specification, implementation and transactions that the committed runtime has.
const VERSION: u32 = 1;
/// What the runtime expects a signature to be for: the versions of specification and transactions, as
/// one immediate of 64 bits, which `i64.store offset=68` puts in its place.
const SIGNED_VERSIONS: [u8; 9] = [0x42, 0x81, 0x80, 0x80, 0x80, 0x10, 0x37, 0x02, 0x44];
/// That immediate with both versions raised by one.
const NEXT_SIGNED_VERSIONS: [u8; 5] = [0x82, 0x80, 0x80, 0x80, 0x20];
const DATA_SECTION: u8 = 11;
/// How the compiler writes `store name; store index` of a variant of an event's description:
/// an immediate, then `i32.store8 offset=32`.
const STORE_INDEX: [u8; 3] = [0x3a, 0x00, 0x20];
/// Bytes before the name's address within which its index is stored.
const INDEX_WITHIN: usize = 24;

/// Code that a chain can be upgraded to.
#[derive(Clone)]
pub struct NextRuntime {
    wasm: Vec<u8>,
}

impl NextRuntime {
    /// The runtime of the chain behind a Substrate URL, with its versions raised by one.
    ///
    /// # Errors
    /// When the node does not answer, or its code is built in a way that is not known here.
    pub async fn of(node: &str) -> Result<Self> {
        let client = OnlineClient::<SubstrateConfig>::from_insecure_url(node).await?;
        let code = client
            .at_current_block()
            .await?
            .storage()
            .runtime_wasm_code()
            .await?;
        let mut wasm = decompressed(code)?;
        raise_versions(&mut wasm)?;
        Ok(Self { wasm })
    }

    /// With another name, of the same length, for something in the metadata.
    ///
    /// # Errors
    /// When there is no such name.
    pub fn renaming(mut self, from: &str, to: &str) -> Result<Self> {
        ensure!(from.len() == to.len(), "{from} and {to} differ in length");
        let mut found = positions(&self.wasm, from.as_bytes());
        // What is in code is what the code is called, not what it says.
        let (data, _) = data_section(&self.wasm)?;
        found.retain(|position| *position >= data);
        ensure!(!found.is_empty(), "the runtime says {from} nowhere");
        for position in found {
            self.wasm[position..position + to.len()].copy_from_slice(to.as_bytes());
        }
        Ok(self)
    }

    /// With another index for the event of this name, which is followed by `next` in the compiler's
    /// pool of names. The runtime goes on to emit the old one.
    ///
    /// # Errors
    /// When the event is not found.
    pub fn moving_event(mut self, name: &str, next: &str, from: u8, to: u8) -> Result<Self> {
        let place = positions(&self.wasm, format!("{name}{next}").as_bytes());
        let place = *place.first().context("there is no such event")?;
        let address = address_of(&self.wasm, place)?;
        // `i32.const` of an address, which the compiler writes with all five bytes.
        let loads = positions(&self.wasm, &[&[0x41], padded(address).as_slice()].concat());
        let store = [&[0x41, from], STORE_INDEX.as_slice()].concat();
        let mut moved = 0;
        for load in loads {
            let before = load.saturating_sub(INDEX_WITHIN);
            for found in positions(&self.wasm[before..load], &store) {
                self.wasm[before + found + 1] = to;
                moved += 1;
            }
        }
        ensure!(moved == 1, "the index of {name} is at {moved} places");
        Ok(self)
    }

    /// Submits the upgrade with the development chain's sudo key, behind so many other transactions of
    /// this key, which are still to come.
    ///
    /// # Errors
    /// When the node refuses.
    pub async fn submit(&self, node: &str, behind: u64) -> Result<()> {
        let client = OnlineClient::<SubstrateConfig>::from_insecure_url(node).await?;
        let at = client.at_current_block().await?;
        let set_code = {
            let metadata = at.metadata();
            let system = metadata.pallet_by_name("System").context("System")?;
            let call = system
                .call_variant_by_name("set_code")
                .context("set_code")?;
            let mut bytes = vec![system.call_index(), call.index];
            // The pool holds few bytes of transactions whose turn has not come.
            let code = compressed(&self.wasm);
            Compact(u32::try_from(code.len())?).encode_to(&mut bytes);
            bytes.extend_from_slice(&code);
            bytes
        };
        let upgrade = dynamic::transaction("Sudo", "sudo", Encoded(set_code));
        let sudo = dev::alice();
        let nonce = at.tx().account_nonce(&sudo.public_key().into()).await?;
        let params = SubstrateExtrinsicParamsBuilder::new()
            .nonce(nonce + behind)
            .immortal()
            .build();
        at.tx().sign_and_submit(&upgrade, &sudo, params).await?;
        Ok(())
    }
}

/// Arguments of a call that are encoded already.
struct Encoded(Vec<u8>);

impl EncodeAsFields for Encoded {
    fn encode_as_fields_to<R: TypeResolver>(
        &self,
        _: &mut dyn FieldIter<'_, R::TypeId>,
        _: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

fn decompressed(code: Vec<u8>) -> Result<Vec<u8>> {
    let Some(packed) = code.strip_prefix(&COMPRESSED) else {
        return Ok(code);
    };
    let mut wasm = Vec::new();
    StreamingDecoder::new(packed)
        .context("the runtime's code is not compressed as expected")?
        .read_to_end(&mut wasm)?;
    Ok(wasm)
}

fn compressed(wasm: &[u8]) -> Vec<u8> {
    let packed = compress_to_vec(wasm, CompressionLevel::Fastest);
    [COMPRESSED.as_slice(), &packed].concat()
}

/// The versions stand in the section that nodes read, in the constant that the runtime describes
/// itself with, and in the code that checks signatures.
fn raise_versions(wasm: &mut [u8]) -> Result<()> {
    let next = (VERSION + 1).to_le_bytes();
    let section = positions(wasm, NAMES);
    ensure!(section.len() == 1, "no section of versions");
    let authoring = section[0] + NAMES.len();
    // authoring, specification, implementation, the list of interfaces (empty here), transactions.
    for at in [authoring + 4, authoring + 13] {
        wasm[at..at + 4].copy_from_slice(&next);
    }
    let constant = version_constant(wasm)?;
    // authoring, specification, implementation, transactions.
    for at in [constant + 4, constant + 12] {
        wasm[at..at + 4].copy_from_slice(&next);
    }
    let signed = positions(wasm, &SIGNED_VERSIONS);
    ensure!(
        signed.len() == 1,
        "signatures are checked at {} places",
        signed.len()
    );
    let immediate = signed[0] + 1..signed[0] + 1 + NEXT_SIGNED_VERSIONS.len();
    wasm[immediate].copy_from_slice(&NEXT_SIGNED_VERSIONS);
    Ok(())
}

/// Where the constant has its numbers, behind what points to the implementation's name and to the
/// list of interfaces.
fn version_constant(wasm: &[u8]) -> Result<usize> {
    let length = u32::try_from(IMPLEMENTATION.len())?.to_le_bytes();
    let name = positions(wasm, IMPLEMENTATION);
    let addresses = name
        .iter()
        .filter_map(|place| address_of(wasm, *place).ok());
    let mut found = Vec::new();
    for address in addresses {
        let pointer = [address.to_le_bytes(), length].concat();
        found.extend(positions(wasm, &pointer));
    }
    ensure!(found.len() == 1, "the constant of versions is at {found:?}");
    // The name's pointer and length, then capacity, pointer and length of the list.
    Ok(found[0] + 8 + 12)
}

fn positions(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    bytes
        .windows(wanted.len())
        .enumerate()
        .filter(|(_, window)| *window == wanted)
        .map(|(position, _)| position)
        .collect()
}

/// The address in the runtime's memory of what is at `place` in the file.
fn address_of(wasm: &[u8], place: usize) -> Result<u32> {
    let (mut at, _) = data_section(wasm)?;
    for _ in 0..number(wasm, &mut at)? {
        ensure!(number(wasm, &mut at)? == 0, "a segment without an address");
        ensure!(wasm[at] == 0x41, "a segment whose address is computed");
        at += 1;
        let address = number(wasm, &mut at)?;
        at += 1; // the end of the expression
        let length = number(wasm, &mut at)? as usize;
        if (at..at + length).contains(&place) {
            return Ok(address + u32::try_from(place - at)?);
        }
        at += length;
    }
    anyhow::bail!("{place} is in no segment of data")
}

/// Where the section of data begins and ends.
fn data_section(wasm: &[u8]) -> Result<(usize, usize)> {
    let mut at = 8;
    while at < wasm.len() {
        let section = wasm[at];
        at += 1;
        let length = number(wasm, &mut at)? as usize;
        if section == DATA_SECTION {
            return Ok((at, at + length));
        }
        at += length;
    }
    anyhow::bail!("the code has no data")
}

/// An unsigned LEB128 number.
fn number(wasm: &[u8], at: &mut usize) -> Result<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let byte = *wasm.get(*at).context("the code ends early")?;
        *at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    anyhow::bail!("a number of more than 32 bits")
}

/// LEB128 in five bytes.
fn padded(value: u32) -> [u8; 5] {
    std::array::from_fn(|index| {
        let septet = (value >> (7 * index)) as u8 & 0x7f;
        if index < 4 { septet | 0x80 } else { septet }
    })
}
