use std::{fs, io, path::Path};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use lex_model::{About, Decision, DecisionKind, Nonce, Part, Subject, TypeKind};

use crate::{
    Chain, Evidence, Failure, Interface, Log, Message, Refused, Rulebook, Trapdoor,
    decided::{decision_of, encoded},
    evidence::no_evidence,
    message::To,
    modules::MODULES,
    people,
    values::{address, hash, number, text, to_address, to_number, word},
};

/// How long a committee has to carry a decision out, in seconds.
const A_DAY: u64 = 86_400;

/// A contract on a chain: where it is and what it understands.
#[derive(Debug)]
pub struct Contract {
    /// Its address; behind a proxy, the proxy's.
    pub address: Address,
    /// Its messages.
    pub interface: Interface,
}

/// The compiled contracts.
#[derive(Debug)]
pub struct Blobs {
    /// The rules.
    pub policy: Vec<u8>,
    /// The licenses of single tokens.
    pub license: Vec<u8>,
    /// The licenses of many seats.
    pub seats: Vec<u8>,
    /// What stands in front of the licenses.
    pub proxy: Vec<u8>,
    /// The committee.
    pub committee: Vec<u8>,
    /// The verifier of proofs.
    pub verifier: Vec<u8>,
}

impl Blobs {
    /// Reads the compiled contracts of a folder.
    ///
    /// # Errors
    /// When one is missing.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let blob = |name: &str| fs::read(folder.join(name).with_extension("polkavm"));
        Ok(Self {
            policy: blob("policy")?,
            license: blob("license")?,
            seats: blob("seats")?,
            proxy: blob("proxy")?,
            committee: blob("committee")?,
            verifier: blob("verifier")?,
        })
    }
}

/// The contracts that rules name.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Policy.
    pub policy: Address,
    /// The licenses or the seats.
    pub license: Address,
    /// The committee contract.
    pub committee: Address,
    /// The verifier.
    pub verifier: Address,
    /// Rule modules: one that allows everything, one that refuses everything, one that fails.
    pub modules: [Address; 3],
    /// What the verifier's keys are made of.
    pub trapdoor: Trapdoor,
}

/// All contracts together on one chain, with licenses of one kind.
pub struct World<C> {
    /// Where they run.
    pub chain: C,
    /// What the license contract keeps: single tokens or seats.
    pub kind: TypeKind,
    /// The rules.
    pub policy: Contract,
    /// The licenses or the seats, behind their proxy.
    pub license: Contract,
    /// The proxy's own messages.
    pub proxy: Interface,
    /// Decides for some types, as two members.
    pub committee: Contract,
    /// Verifies proofs.
    pub verifier: Contract,
    /// The contracts that rules name.
    pub deployed: Deployed,
    decisions: u32,
}

impl<C: Chain> World<C> {
    /// Creates the contracts, with licenses behind a proxy that the committee may upgrade.
    ///
    /// # Errors
    /// When a constructor or the binding is refused.
    pub fn of_licenses(chain: C, blobs: &Blobs) -> Result<Self, Failure> {
        Self::new(chain, blobs, TypeKind::Nft, &blobs.license)
    }

    /// Creates the contracts, with seats behind a proxy that the committee may upgrade.
    ///
    /// # Errors
    /// As [`Self::of_licenses`].
    pub fn of_seats(chain: C, blobs: &Blobs) -> Result<Self, Failure> {
        Self::new(chain, blobs, TypeKind::Sft, &blobs.seats)
    }

    fn new(mut chain: C, blobs: &Blobs, kind: TypeKind, licenses: &[u8]) -> Result<Self, Failure> {
        let policy = Interface::read("Policy");
        let license = Interface::read(match kind {
            TypeKind::Nft => "License",
            TypeKind::Sft => "Seats",
        });
        let proxy = Interface::read("Proxy");

        let arguments = policy.construct(&[address(people::ADMIN)]);
        let policy_at = chain.deploy(people::ADMIN, &blobs.policy, &arguments)?;
        let to_policy = [address(policy_at)];
        let arguments = license.construct(&to_policy);
        let implementation = chain.deploy(people::ADMIN, licenses, &arguments)?;
        let arguments = proxy.construct(&[
            address(implementation),
            address(people::COMMITTEE),
            DynSolValue::Bytes(license.encode("initialize", &to_policy)),
        ]);
        let license_at = chain.deploy(people::ADMIN, &blobs.proxy, &arguments)?;

        let committee = Interface::read("Committee");
        let members = people::MEMBERS;
        let arguments = committee.construct(&[
            DynSolValue::Array(members.map(address).into()),
            DynSolValue::Array(members.map(|_| number(1)).into()),
            number(members.len() as u64),
        ]);
        let committee_at = chain.deploy(people::ADMIN, &blobs.committee, &arguments)?;
        let verifier = Interface::read("Verifier");
        let arguments = verifier.construct(&[address(people::ADMIN)]);
        let verifier_at = chain.deploy(people::ADMIN, &blobs.verifier, &arguments)?;
        let mut modules = [Address::ZERO; 3];
        for (module, code) in modules.iter_mut().zip(MODULES) {
            *module = chain.deploy(people::ADMIN, code, &[])?;
        }
        let deployed = Deployed {
            policy: policy_at,
            license: license_at,
            committee: committee_at,
            verifier: verifier_at,
            modules,
            trapdoor: Trapdoor::new(&mut chain)?,
        };
        let mut world = Self {
            chain,
            kind,
            policy: Contract {
                address: policy_at,
                interface: policy,
            },
            license: Contract {
                address: license_at,
                interface: license,
            },
            proxy,
            committee: Contract {
                address: committee_at,
                interface: committee,
            },
            verifier: Contract {
                address: verifier_at,
                interface: verifier,
            },
            deployed,
            decisions: 0,
        };
        world.send_policy(people::ADMIN, "bindLicense", &[address(license_at)])?;
        Ok(world)
    }

    /// Sends a message to whom it is for; one of the committee's by a decision.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&mut self, message: &Message) -> Result<Sent, Failure> {
        let contract = match message.to {
            To::Policy => &self.policy,
            To::License => &self.license,
            To::Verifier => &self.verifier,
        };
        let Message {
            from,
            name,
            arguments,
            ..
        } = message;
        if *from == self.committee.address {
            let target = contract.address;
            return self.decide(message, target);
        }
        send(&mut self.chain, contract, *from, name, arguments)
    }

    /// Has the committee propose, approve and carry out the decision that sends a message.
    fn decide(&mut self, message: &Message, target: Address) -> Result<Sent, Failure> {
        let (decision, evidence) = decision_of(message).ok_or_else(|| {
            let name = message.name;
            Failure::Broken(format!("no committee decides {name}"))
        })?;
        self.decisions += 1;
        let mut lane = [0; 24];
        if decision.kind.about() == About::Account {
            lane[..20].copy_from_slice(&decision.account);
        }
        lane[20..].copy_from_slice(&self.decisions.to_be_bytes());
        let decision = Decision {
            target: target.0.0,
            nonce: Nonce {
                key: lane,
                sequence: 0,
            }
            .into(),
            deadline: self.chain.now() + A_DAY,
            ..decision
        };
        let decision = self.situated(decision);
        let [maker, checker] = people::MEMBERS;
        let (chain, committee) = (&mut self.chain, &self.committee);
        let proposed = send(chain, committee, maker, "propose", &[encoded(&decision)])?;
        let decided = &proposed.values[..1];
        send(chain, committee, checker, "approve", decided)?;
        let execution = [decided, &[evidence]].concat();
        send(chain, committee, people::HOLDERS[4], "execute", &execution)
    }

    /// The decision with what it rests on as it is now; as it is when its target knows nothing of that.
    fn situated(&mut self, mut decision: Decision) -> Decision {
        let license = word(decision.token_id);
        let account = Address::from(decision.account);
        // Holding less than is held is a release. A single token is held or not, which is no number.
        let held = [address(account), license.clone()];
        if decision.kind == DecisionKind::FreezeToken
            && let Ok(held) = self.read_license("getFrozenTokens", &held)
            && let Some((held, _)) = held[0].as_uint()
            && held > U256::from(decision.number)
        {
            decision.kind = DecisionKind::ReleaseToken;
        }
        let kind = decision.kind;
        if kind.about() == About::License
            && let Ok(subject) = self.read_license("subjectOf", std::slice::from_ref(&license))
        {
            if kind.names_version() {
                decision.version = to_number(&subject[0]);
            }
            if kind.says(Part::Account) && account.is_zero() {
                decision.account = to_address(&subject[1]).0.0;
            }
            if kind == DecisionKind::Activate {
                decision.counterparty = to_address(&subject[2]).0.0;
                if let Some((place, _)) = subject[3].as_fixed_bytes() {
                    decision.previous.copy_from_slice(place);
                }
                decision.count = to_number(&subject[4]);
            }
        }
        let version = match kind.about() {
            About::Account if kind.names_version() => {
                self.read_policy("accountVersion", &[address(account)])
            }
            About::Pauses => self.read_policy("pauseVersion", &[]),
            _ => Ok(Vec::new()),
        };
        if let Ok([version]) = version.as_deref() {
            decision.version = to_number(version);
        }
        let code = number(kind.code().into());
        let target = address(Address::from(decision.target));
        let arguments = [code, target, license, address(decision.account.into())];
        let (chain, committee) = (&mut self.chain, &self.committee);
        if kind.names_count()
            && let Ok(count) = read(chain, committee, "decisionsAbout", &arguments)
        {
            decision.count = to_number(&count[0]);
        }
        decision
    }

    /// Evidence about a subject as the contracts take it.
    ///
    /// # Errors
    /// When the chain does not compute a proof.
    pub fn encode(
        &mut self,
        evidence: &Evidence,
        subject: Option<&Subject>,
        rules: &Rulebook,
    ) -> Result<DynSolValue, Failure> {
        match subject {
            Some(subject) if evidence.is_some() => evidence.encode(subject, rules, &mut self.chain),
            _ => Ok(no_evidence()),
        }
    }

    /// Sends a message to policy.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send_policy(
        &mut self,
        from: Address,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Sent, Failure> {
        send(&mut self.chain, &self.policy, from, message, arguments)
    }

    /// Sends a message to the license contract.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send_license(
        &mut self,
        from: Address,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Sent, Failure> {
        send(&mut self.chain, &self.license, from, message, arguments)
    }

    /// Reads from policy.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn read_policy(
        &mut self,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Vec<DynSolValue>, Failure> {
        read(&mut self.chain, &self.policy, message, arguments)
    }

    /// Reads from the license contract.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn read_license(
        &mut self,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Vec<DynSolValue>, Failure> {
        read(&mut self.chain, &self.license, message, arguments)
    }
}

/// What a message did.
#[derive(Debug)]
pub struct Sent {
    /// What it returned.
    pub values: Vec<DynSolValue>,
    /// What it emitted.
    pub logs: Vec<Log>,
}

fn send<C: Chain>(
    chain: &mut C,
    contract: &Contract,
    from: Address,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<Sent, Failure> {
    let data = contract.interface.encode(message, arguments);
    let receipt = chain.send(from, contract.address, &data)?;
    Ok(Sent {
        values: contract
            .interface
            .decode(message, arguments.len(), &receipt.output),
        logs: receipt.logs,
    })
}

fn read<C: Chain>(
    chain: &mut C,
    contract: &Contract,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<Vec<DynSolValue>, Failure> {
    let data = contract.interface.encode(message, arguments);
    let output = chain.read(Address::ZERO, contract.address, &data)?;
    Ok(contract.interface.decode(message, arguments.len(), &output))
}

/// The refusals in what `explain` returned.
///
/// # Panics
/// When they are none.
pub fn to_refusals(value: &DynSolValue) -> Vec<Refused> {
    let refusal = |value: &DynSolValue| match value.as_tuple() {
        Some([code, rule_version, detail]) => Some(Refused {
            code: to_number(code) as u16,
            rule_version: to_number(rule_version) as u32,
            detail: detail.as_uint()?.0,
        }),
        _ => None,
    };
    value
        .as_array()
        .and_then(|values| values.iter().map(refusal).collect())
        .unwrap_or_else(|| panic!("{value:?} are no refusals"))
}

/// Where a slot of storage holds an address, and which.
pub fn address_in(word: B256) -> Address {
    Address::from_word(word)
}

/// The last nonce and the head of the outbox, from the license contract.
///
/// # Panics
/// When the contract does not say.
pub fn outbox<C: Chain>(world: &mut World<C>) -> (u64, B256) {
    let answer = world.read_license("outbox", &[]).expect("initialized");
    let head = answer[1].as_fixed_bytes().expect("a hash").0;
    (to_number(&answer[0]), B256::from_slice(head))
}

/// An id as messages take it.
pub fn id(value: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(value), 256)
}

/// Issues a license of the open type in the United States, and answers its id.
///
/// # Errors
/// [`Failure`].
pub fn issue<C: Chain>(world: &mut World<C>, holder: Address) -> Result<u64, Failure> {
    let arguments = [
        address(holder),
        number(1),
        text("US"),
        number(0),
        hash(B256::ZERO),
        text("ipfs://metadata"),
    ];
    let sent = world.send_license(people::ISSUERS[0], "issue", &arguments)?;
    Ok(to_number(&sent.values[0]))
}

/// Who holds a license.
///
/// # Errors
/// [`Failure`].
pub fn owner<C: Chain>(world: &mut World<C>, license: u64) -> Result<Address, Failure> {
    Ok(to_address(
        &world.read_license("ownerOf", &[id(license)])?[0],
    ))
}
