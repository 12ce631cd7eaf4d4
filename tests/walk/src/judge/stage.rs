//! The contracts on a chain, as each scene finds them.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};

use super::{cast, named};
use crate::{
    Chain, Failure, Refused, World,
    rules::Type,
    to_refusals,
    values::{address, flag, hash, number, text, to_number},
};

/// The hash of what is only written down.
pub(crate) const CONTENT: B256 = B256::repeat_byte(0x11);

/// The contracts, with roles given and nothing else.
pub(crate) struct Stage<C> {
    /// Everything on the chain.
    pub(crate) world: World<C>,
    clear: fn(&mut C),
}

impl<C: Chain> Stage<C> {
    /// # Panics
    /// When the contracts refuse their roles.
    pub(crate) fn new(world: World<C>, clear: fn(&mut C)) -> Self {
        let mut stage = Self { world, clear };
        for (account, role) in [(cast::GUARDIAN, 1), (cast::REGULATOR, 4)] {
            let arguments = [address(account), number(role), flag(true)];
            stage.policy(cast::ADMIN, "setRole", &arguments);
        }
        for issuer in [cast::ISSUER, cast::OTHER_ISSUER] {
            let arguments = [address(issuer), text("an issuer")];
            stage.policy(cast::ADMIN, "registerIssuer", &arguments);
        }
        stage
    }

    /// Forgets the last scene.
    pub(crate) fn clear(&mut self) {
        (self.clear)(&mut self.world.chain);
    }

    pub(crate) fn now(&self) -> u64 {
        self.world.chain.now()
    }

    /// Sends a message to policy that prepares a scene.
    ///
    /// # Panics
    /// When it is refused.
    pub(crate) fn policy(&mut self, from: Address, name: &str, arguments: &[DynSolValue]) {
        let sent = self.world.send_policy(from, name, arguments);
        sent.unwrap_or_else(|failure| panic!("{name}: {}", said(&failure)));
    }

    /// Sends a message to the license contract that prepares a scene, and returns what it answers.
    ///
    /// # Errors
    /// What refused it.
    pub(crate) fn license(
        &mut self,
        from: Address,
        name: &str,
        arguments: &[DynSolValue],
    ) -> Result<Vec<DynSolValue>, Failure> {
        let sent = self.world.send_license(from, name, arguments)?;
        Ok(sent.values)
    }

    /// Creates a type and returns its id.
    ///
    /// # Errors
    /// What refused its rules.
    pub(crate) fn create_type(&mut self, license_type: &Type) -> Result<u64, Failure> {
        let rules = &license_type.rules;
        let arguments = [
            text("a type"),
            number(rules.kind as u64),
            number(rules.durations.term),
            number(rules.durations.renewal_window),
            number(rules.durations.grace),
            number(rules.supply_cap),
            flag(rules.transferable),
            hash(CONTENT),
            number(1),
        ];
        self.policy(cast::ADMIN, "createType", &arguments);
        let count = self.world.read_policy("typeCount", &[]);
        let id = to_number(&count.expect("it counts")[0]);
        self.set_rules(id, license_type)?;
        Ok(id)
    }

    /// Replaces a type's rules.
    ///
    /// # Errors
    /// What refused them.
    pub(crate) fn set_rules(&mut self, id: u64, license_type: &Type) -> Result<(), Failure> {
        let arguments = [number(id), license_type.further()];
        self.world
            .send_policy(cast::ADMIN, "setTypeRules", &arguments)?;
        Ok(())
    }

    /// What `explain` answers.
    pub(crate) fn explain(&mut self, arguments: &[DynSolValue]) -> Option<Refused> {
        let answer = self.world.read_license("explain", arguments);
        let answer = answer.unwrap_or_else(|failure| panic!("explain: {}", said(&failure)));
        to_refusals(&answer[0]).into_iter().next()
    }
}

/// A failure in words.
pub(crate) fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refused) => named(Some(refused.code)),
        other => format!("{other:?}"),
    }
}

/// A number of 256 bits.
pub(crate) fn id(value: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(value), 256)
}
