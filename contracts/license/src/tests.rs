//! What needs no answer from policy. Everything that does is tested on a real node.

use ink::{Address, U256, env::test, sol::FixedBytes};
use lex_contract_host::chain_id;
use lex_model::{Keccak, License as ModelLicense, Outbox, Reason, SoftwareKeccak, Term, Update};
use lex_policy_interface::Refused;

use crate::{
    approvals::Approvals,
    license::License,
    records::{Metadata, Register},
    views::LicenseView,
};

fn policy() -> Address {
    Address::from([9; 20])
}

fn alice() -> Address {
    test::default_accounts().alice
}

fn bob() -> Address {
    test::default_accounts().bob
}

fn contract() -> License {
    License::new(policy()).expect("policy is an account")
}

fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

fn model_license(holder: Address, license_type: u64) -> ModelLicense {
    let term = Term {
        valid_from: 100,
        valid_until: 200,
        grace_until: 220,
    };
    let place = lex_model::Jurisdiction::parse("US-NY").expect("valid");
    ModelLicense::issued(holder.0, [7; 20], license_type, place, term)
}

fn metadata() -> Metadata {
    Metadata {
        hash: [5; 32],
        uri: "ipfs://metadata".into(),
    }
}

#[ink::test]
fn a_contract_needs_a_policy() {
    assert_eq!(
        License::new(Address::zero())
            .err()
            .map(|refused| refused.code),
        Some(Reason::ZeroAddress.code())
    );
    assert_eq!(contract().policy(), policy());
}

#[ink::test]
fn it_is_initialized_once() {
    let mut license = contract();
    assert_eq!(
        refused(license.initialize(policy())),
        Reason::AlreadyInitialized
    );
    assert_eq!(license.layout_version(), 1);
}

#[ink::test]
fn the_outbox_begins_with_chain_and_address() {
    let empty = Outbox::empty::<SoftwareKeccak>(chain_id(), &test::callee().0);
    let outbox = contract().outbox().expect("initialized");
    assert_eq!((outbox.nonce, outbox.head.0), (0, empty.head));
}

#[ink::test]
fn only_policy_says_that_types_change() {
    let mut license = contract();
    test::set_caller(alice());
    assert_eq!(refused(license.type_changed(1, false)), Reason::NotPolicy);
    assert_eq!(license.outbox().expect("initialized").nonce, 0);
}

#[ink::test]
fn a_type_change_appends_one_update_that_the_model_repeats() {
    let mut license = contract();
    test::set_caller(policy());
    license.type_changed(3, false).expect("by policy");
    license.type_changed(3, true).expect("by policy");

    let expected = [Update::of_type(3, false, 1), Update::of_type(3, true, 2)]
        .iter()
        .fold(
            Outbox::empty::<SoftwareKeccak>(chain_id(), &test::callee().0),
            |outbox, update| outbox.with::<SoftwareKeccak>(update).expect("next nonce"),
        );
    let outbox = license.outbox().expect("initialized");
    assert_eq!((outbox.nonce, outbox.head.0), (2, expected.head));
    assert_eq!(test::recorded_events().len(), 2);
}

#[ink::test]
fn nothing_can_be_done_to_a_license_that_does_not_exist() {
    let mut license = contract();
    for id in [U256::zero(), U256::one(), U256::MAX] {
        let evidence = FixedBytes([1; 32]);
        assert_eq!(refused(license.renew(id)), Reason::UnknownLicense);
        assert_eq!(
            refused(license.suspend(id, 1, evidence, 0)),
            Reason::UnknownLicense
        );
        assert_eq!(refused(license.resume(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.settle(id)), Reason::UnknownLicense);
        assert_eq!(
            refused(license.revoke(id, 1, evidence)),
            Reason::UnknownLicense
        );
        assert_eq!(refused(license.surrender(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.approve(bob(), id)), Reason::UnknownLicense);
        assert_eq!(refused(license.get_approved(id)), Reason::UnknownLicense);
        assert_eq!(
            refused(license.transfer_from(alice(), bob(), id)),
            Reason::UnknownLicense
        );
        assert_eq!(
            refused(license.safe_transfer_from(alice(), bob(), id)),
            Reason::UnknownLicense
        );
        assert_eq!(refused(license.owner_of(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.token_uri(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.license(id)), Reason::UnknownLicense);
        assert_eq!(license.status_at(id, 0), 0);
        assert!(!license.is_usable(id));
        assert!(!license.can_transfer(alice(), bob(), id));
        for action in 2..=7 {
            let refusals = license.explain(action, alice(), id, 0, String::new(), bob());
            assert_eq!(
                refusals.first().map(|refusal| refusal.code),
                Some(Reason::UnknownLicense.code())
            );
        }
    }
}

#[ink::test]
fn an_unknown_action_is_explained() {
    let license = contract();
    for action in [0, 8, 255] {
        let refusals = license.explain(action, alice(), U256::one(), 1, "US".into(), bob());
        assert_eq!(
            refusals.first().map(|refusal| refusal.code),
            Some(Reason::UnknownAction.code())
        );
    }
}

#[ink::test]
fn the_zero_address_holds_nothing_and_operates_nothing() {
    let mut license = contract();
    assert_eq!(
        refused(license.balance_of(Address::zero())),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(license.set_approval_for_all(Address::zero(), true)),
        Reason::ZeroAddress
    );
}

#[ink::test]
fn operators_are_appointed_and_dismissed() {
    let mut license = contract();
    test::set_caller(alice());
    license
        .set_approval_for_all(bob(), true)
        .expect("an account");
    assert!(license.is_approved_for_all(alice(), bob()));
    assert!(!license.is_approved_for_all(bob(), alice()));
    license
        .set_approval_for_all(bob(), false)
        .expect("an account");
    assert!(!license.is_approved_for_all(alice(), bob()));
}

/// I5: the balances add up to the number of licenses, whatever moves.
#[ink::test]
fn i5_the_register_counts_holders_types_and_licenses() {
    let mut register = Register::default();
    for (holder, license_type) in [(alice(), 1), (alice(), 2), (bob(), 1)] {
        register
            .add(model_license(holder, license_type), &metadata())
            .expect("room");
    }
    assert_eq!(
        (register.supply(1), register.supply(2), register.supply(3)),
        (2, 1, 0)
    );
    assert_eq!((register.balance(alice()), register.balance(bob())), (2, 1));

    register
        .hand_over(1, alice(), model_license(bob(), 1))
        .expect("held");
    register
        .hand_over(3, bob(), model_license(bob(), 1))
        .expect("held");
    assert_eq!((register.balance(alice()), register.balance(bob())), (1, 2));
    assert_eq!(
        register.balance(alice()) + register.balance(bob()),
        register.count()
    );
}

#[ink::test]
fn ids_begin_at_one_and_fit_no_other_license() {
    let mut register = Register::default();
    assert_eq!(register.add(model_license(alice(), 1), &metadata()), Ok(1));
    assert_eq!(register.add(model_license(bob(), 1), &metadata()), Ok(2));
    assert_eq!(
        register
            .find(U256::from(2))
            .map(|(_, license)| license.holder),
        Ok(bob().0)
    );
    for unknown in [
        U256::zero(),
        U256::from(3),
        U256::from(u64::MAX) + U256::from(2),
    ] {
        assert_eq!(register.find(unknown), Err(Reason::UnknownLicense));
    }
}

#[ink::test]
fn approvals_end_when_the_license_moves() {
    let mut approvals = Approvals::default();
    approvals.approve(1, bob());
    assert!(approvals.may_move(bob(), alice(), 1));
    assert!(!approvals.may_move(bob(), alice(), 2));
    assert!(!approvals.may_approve(bob(), alice()));
    approvals.clear(1);
    assert!(!approvals.may_move(bob(), alice(), 1));
    assert!(!approvals.may_move(Address::zero(), alice(), 1));
}

#[ink::test]
fn a_view_shows_the_status_of_its_time() {
    let suspended = model_license(alice(), 1)
        .suspended(Some(180), 150)
        .expect("active");
    let at = |now| LicenseView::new(&suspended, [5; 32], now);
    assert_eq!((at(170).status, at(170).suspended_until), (3, 180));
    assert_eq!((at(180).status, at(180).suspended_until), (2, 0));
    assert_eq!(at(200).status, 7);
    assert_eq!(at(220).status, 8);
    assert_eq!(at(170).jurisdiction, "US-NY");
}

/// The interface ids of ERC-165 are the exclusive or of the selectors, so this also tests that every
/// message of the standards is spelled exactly.
#[ink::test]
fn the_interface_ids_are_those_of_the_selectors() {
    let committed = include_str!("../../abi/License.json");
    let selector = |signature: &str| {
        let name = signature.split('(').next().expect("a name");
        assert!(
            committed.contains(&format!("\"name\": \"{name}\"")),
            "{name} is in the ABI"
        );
        let hash = SoftwareKeccak::keccak256(signature.as_bytes());
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
    };
    let interface_id = |signatures: &[&str]| {
        FixedBytes(
            signatures
                .iter()
                .fold(0, |id, signature| id ^ selector(signature))
                .to_be_bytes(),
        )
    };
    let erc721 = interface_id(&[
        "balanceOf(address)",
        "ownerOf(uint256)",
        "approve(address,uint256)",
        "getApproved(uint256)",
        "setApprovalForAll(address,bool)",
        "isApprovedForAll(address,address)",
        "transferFrom(address,address,uint256)",
        "safeTransferFrom(address,address,uint256)",
        "safeTransferFrom(address,address,uint256,bytes)",
    ]);
    let metadata = interface_id(&["name()", "symbol()", "tokenURI(uint256)"]);
    let erc165 = interface_id(&["supportsInterface(bytes4)"]);
    let license = contract();
    for supported in [erc721, metadata, erc165] {
        assert!(license.supports_interface(supported), "{supported:?}");
    }
    assert!(!license.supports_interface(FixedBytes([0xff; 4])));
}
