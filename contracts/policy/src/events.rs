//! What policy tells the world. Topics are ids and addresses, everything else is data.

use ink::{Address, prelude::string::String, sol::FixedBytes};

/// A license type exists from now on, and is open.
#[ink::event]
pub struct TypeCreated {
    /// Id of the type.
    #[ink(topic)]
    pub license_type: u64,
    /// Name for people.
    pub name: String,
    /// 0 for single tokens, 1 for seats.
    pub kind: u8,
    /// Length of a term, seconds.
    pub term: u64,
    /// How long before its end a license can be renewed, seconds.
    pub renewal_window: u64,
    /// How long after its end a license can be renewed, seconds.
    pub grace: u64,
    /// The most licenses, 0 for no limit.
    pub supply_cap: u64,
    /// Whether a holder may transfer.
    pub transferable: bool,
    /// Hash of the terms that people agree to.
    pub terms_hash: FixedBytes<32>,
    /// Version of the metadata schema.
    pub schema_version: u32,
}

/// A license type was closed or reopened.
#[ink::event]
pub struct TypeOpenChanged {
    /// Id of the type.
    #[ink(topic)]
    pub license_type: u64,
    /// Whether it is open now.
    pub open: bool,
}

/// An account became an issuer; it may issue nothing until it is granted a type.
#[ink::event]
pub struct IssuerRegistered {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// Name for people.
    pub name: String,
}

/// An account is no issuer any more; what it was granted has no effect.
#[ink::event]
pub struct IssuerRemoved {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
}

/// An issuer may act for a type in a jurisdiction.
#[ink::event]
pub struct IssuerGranted {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// The type.
    #[ink(topic)]
    pub license_type: u64,
    /// The jurisdiction, empty for all.
    pub jurisdiction: String,
}

/// An issuer may no longer act for a type in a jurisdiction.
#[ink::event]
pub struct IssuerWithdrawn {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// The type.
    #[ink(topic)]
    pub license_type: u64,
    /// The jurisdiction, empty for all.
    pub jurisdiction: String,
}

/// A license contract is told of type changes from now on.
#[ink::event]
pub struct LicenseBound {
    /// The license contract.
    #[ink(topic)]
    pub license: Address,
}

/// Another account makes the rules.
#[ink::event]
pub struct AdminChanged {
    /// Who made them; zero at the start.
    #[ink(topic)]
    pub previous: Address,
    /// Who makes them now.
    #[ink(topic)]
    pub current: Address,
}
