//! What the GraphQL interface answers about licenses under others, rules and accounts.

mod support;

use serde_json::{Value, json};

use support::{
    chain::{BLOCK_TIME, Chain, Ruling, START, Step, holder, regulator, rules::RECOVERED_FROM},
    server::Server,
    world,
};

const NOW: u64 = START + 50;

fn rules(ruling: Ruling) -> Step {
    Step::Rules(ruling)
}

#[tokio::test]
async fn a_pending_license_is_not_usable_until_it_is_activated() {
    let mut chain = Chain::new();
    chain.step(&Step::Issue {
        holder: 0,
        license_type: 1,
        jurisdiction: 1,
        starts_in: 0,
        uri: String::new(),
        pending: true,
    });
    chain.step(&Step::Rules(Ruling::Evidence {
        license: 1,
        nullifier: 0,
    }));
    chain.step(&Step::NextBlock);
    chain.step(&Step::Activate(0));
    let server = Server::start(&chain.finish(), NOW).await;
    let issued = START + BLOCK_TIME;
    for (at, status, usable) in [
        (issued, "PENDING", false),
        (issued + BLOCK_TIME - 1, "PENDING", false),
        (issued + BLOCK_TIME, "ACTIVE", true),
    ] {
        let query = format!("{{ license(id: \"1\", at: {at}) {{ status usable }} }}");
        let expected = json!({ "status": status, "usable": usable });
        assert_eq!(server.data(&query).await["license"], expected, "at {at}");
    }
    let data = server
        .data(
            "{ licenses(where: { status: ACTIVE }) { totalCount } license(id: \"1\") { \
             history { action actor nonce } evidence { action clearance nullifier } } }",
        )
        .await;
    assert_eq!(data["licenses"]["totalCount"], "1");
    let actor = regulator().to_checksum(None);
    assert_eq!(
        data["license"]["history"],
        json!([
            { "action": "ACTIVATE", "actor": actor, "nonce": "2" },
            { "action": "ISSUE", "actor": null, "nonce": "1" },
        ])
    );
    assert_eq!(
        data["license"]["evidence"],
        json!([{
            "action": "ACTIVATE",
            "clearance": format!("0x{}", "06".repeat(32)),
            "nullifier": null,
        }])
    );
}

#[tokio::test]
async fn parents_and_sublicenses_are_told_as_of_the_same_time() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::NextBlock);
    chain.step(&Step::Sublicense { parent: 0, to: 1 });
    chain.step(&Step::NextBlock);
    chain.step(&Step::Revoke(0));
    let server = Server::start(&chain.finish(), NOW).await;
    let family = "id status usable parent { id status } sublicenses { id status usable asOf }";
    let issued = START + 2 * BLOCK_TIME;
    let query = format!(
        "{{ now: license(id: \"1\") {{ {family} }} \
            child: license(id: \"2\", at: {issued}) {{ {family} }} \
            before: license(id: \"1\", at: {}) {{ {family} }} }}",
        issued - 1
    );
    let issuer = server
        .data(
            "{ license(id: \"2\") { issuer { address name registered grants { jurisdiction } } } }",
        )
        .await;
    assert_eq!(
        issuer["license"]["issuer"],
        json!({
            "address": holder(0).to_checksum(None), "name": "", "registered": false, "grants": [],
        })
    );
    let data = server.data(&query).await;
    assert_eq!(
        data["now"],
        json!({
            "id": "1", "status": "REVOKED", "usable": false, "parent": null,
            "sublicenses": [{ "id": "2", "status": "REVOKED", "usable": false, "asOf": NOW }],
        })
    );
    assert_eq!(
        data["child"],
        json!({
            "id": "2", "status": "ACTIVE", "usable": true,
            "parent": { "id": "1", "status": "ACTIVE" }, "sublicenses": [],
        })
    );
    assert_eq!(data["before"]["sublicenses"], json!([]));
}

/// A sublicense is found, and shown, as what it is: no better than its parent at that moment.
#[tokio::test]
async fn a_sublicense_is_shown_and_found_as_its_parent_lets_it_stand() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::NextBlock);
    chain.step(&Step::Sublicense { parent: 0, to: 1 });
    chain.step(&Step::NextBlock);
    let in_force = chain.now();
    chain.step(&Step::Suspend {
        license: 0,
        lifts_after: Some(40),
    });
    let lifts_at = in_force + 40;
    let found = "status: licenses(where: {status: SUSPENDED}) { nodes { id } } \
                 active: licenses(where: {status: ACTIVE}) { nodes { id } }";
    let shown = "status storedStatus usable suspendedUntil";
    let query = format!(
        "{{ now: license(id: \"2\") {{ {shown} }} \
            before: license(id: \"2\", at: {}) {{ {shown} }} \
            later: license(id: \"2\", at: {lifts_at}) {{ {shown} }} {found} }}",
        in_force - 1
    );
    let server = Server::start(&chain.finish(), in_force + 1).await;
    let data = server.data(&query).await;
    let active = json!({
        "status": "ACTIVE", "storedStatus": "ACTIVE", "usable": true, "suspendedUntil": null,
    });
    assert_eq!(
        data["now"],
        json!({
            "status": "SUSPENDED", "storedStatus": "ACTIVE", "usable": false,
            "suspendedUntil": lifts_at,
        })
    );
    assert_eq!(data["before"], active);
    assert_eq!(data["later"], active);
    let both = json!({ "nodes": [{ "id": "1" }, { "id": "2" }] });
    assert_eq!(data["status"], both);
    assert_eq!(data["active"], json!({ "nodes": [] }));
}

/// Whoever freezes a parent's holder, or closes its type, ends the use of what stands under it.
#[tokio::test]
async fn a_sublicense_is_not_usable_beyond_its_parents_restrictions() {
    for restrict in [
        (|chain: &mut Chain| chain.set_frozen(holder(0), true)) as fn(&mut Chain),
        |chain| chain.set_open(1, false),
    ] {
        let mut chain = Chain::new();
        chain.issue(holder(0), 1, "US", START, "");
        chain.step(&Step::NextBlock);
        chain.step(&Step::Sublicense { parent: 0, to: 1 });
        chain.step(&Step::NextBlock);
        let free = chain.now() - 1;
        restrict(&mut chain);
        let now = chain.now() + 1;
        let server = Server::start(&chain.finish(), now).await;
        let query = format!(
            "{{ now: license(id: \"2\") {{ status usable }} \
                before: license(id: \"2\", at: {free}) {{ status usable }} }}"
        );
        let data = server.data(&query).await;
        assert_eq!(data["now"], json!({ "status": "ACTIVE", "usable": false }));
        assert_eq!(
            data["before"],
            json!({ "status": "ACTIVE", "usable": true })
        );
    }
}

#[tokio::test]
async fn metadata_and_notes_are_those_of_their_time() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://old");
    chain.step(&Step::NextBlock);
    chain.step(&Step::ChangeMetadata {
        license: 0,
        uri: "ipfs://new".to_owned(),
    });
    chain.step(&Step::Hold {
        license: 0,
        held: true,
    });
    chain.step(&Step::RequestRenewal(0));
    let server = Server::start(&chain.finish(), NOW).await;
    let changed = START + 2 * BLOCK_TIME;
    for (at, uri) in [(changed - 1, "ipfs://old"), (changed, "ipfs://new")] {
        let query = format!("{{ license(id: \"1\", at: {at}) {{ tokenUri }} }}");
        assert_eq!(
            server.data(&query).await["license"]["tokenUri"],
            uri,
            "{at}"
        );
    }
    let since = server
        .data("{ licenses(where: { updatedSinceBlock: 3 }) { nodes { id updatedAt } } }")
        .await;
    assert_eq!(
        since["licenses"]["nodes"],
        json!([{ "id": "1", "updatedAt": changed }])
    );
    let data = server
        .data(
            "{ license(id: \"1\") { tokenUri frozen renewalRequestedAt version \
             history { action reason nonce tokenUri } } \
             licenses(where: { text: \"new\" }) { totalCount } }",
        )
        .await;
    let license = &data["license"];
    assert_eq!(license["tokenUri"], "ipfs://new");
    assert_eq!(license["frozen"], json!(true));
    assert_eq!(license["renewalRequestedAt"], json!(changed));
    assert_eq!(license["version"], json!(2));
    assert_eq!(
        license["history"],
        json!([
            { "action": "REQUEST_RENEWAL", "reason": null, "nonce": null, "tokenUri": null },
            { "action": "FREEZE_TOKEN", "reason": "14", "nonce": null, "tokenUri": null },
            { "action": "CHANGE_METADATA", "reason": null, "nonce": "2", "tokenUri": "ipfs://new" },
            { "action": "ISSUE", "reason": null, "nonce": "1", "tokenUri": "ipfs://old" },
        ])
    );
    assert_eq!(data["licenses"]["totalCount"], "1");
}

#[tokio::test]
async fn rules_of_types_and_places_are_told() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US-NY", START, "");
    chain.issue(holder(0), 1, "EU-DE", START, "");
    chain.step(&rules(Ruling::TypeRules {
        license_type: 1,
        gates: 3,
        score: 700,
    }));
    for (place, value) in [(0, 100), (1, 200), (1, 300)] {
        chain.step(&rules(Ruling::Bundle {
            place,
            license_type: u64::MAX,
            value,
        }));
    }
    chain.step(&Step::NextBlock);
    let live = chain_with(&mut chain, None).await;
    let gone = chain_with(&mut chain, Some(Ruling::RemoveBundle(1))).await;
    let none = chain_with(&mut chain, Some(Ruling::RemoveBundle(0))).await;

    let data = live
        .data(
            "{ licenseTypes(first: 1) { version issueGates renewGates enforceGates committee \
             minimumScore circuit royaltyBasisPoints parentTypeId } ruleBundles { jurisdiction } }",
        )
        .await;
    assert_eq!(
        data["licenseTypes"][0],
        json!({
            "version": 2,
            "issueGates": ["COMMITTEE", "CLEARANCE"],
            "renewGates": [],
            "enforceGates": ["COMMITTEE"],
            "committee": world().committees[0].to_checksum(None),
            "minimumScore": 700,
            "circuit": u64::MAX.to_string(),
            "royaltyBasisPoints": 10_000,
            "parentTypeId": null,
        })
    );
    assert_eq!(
        data["ruleBundles"],
        json!([{ "jurisdiction": "US" }, { "jurisdiction": "US-NY" }])
    );
    let bundle = "{ licenses { nodes { ruleBundle { jurisdiction version rules { demand actions \
                  licenseTypeId gates value } } } } }";
    let of_place =
        |data: Value, position: usize| data["licenses"]["nodes"][position]["ruleBundle"].clone();
    let rule = |value: u64| {
        json!([{
            "demand": "LONGEST_TERM",
            "actions": ["ISSUE"],
            "licenseTypeId": u64::MAX.to_string(),
            "gates": [],
            "value": value.to_string(),
        }])
    };
    let own = json!({ "jurisdiction": "US-NY", "version": 2, "rules": rule(300) });
    let country = json!({ "jurisdiction": "US", "version": 1, "rules": rule(100) });
    assert_eq!(of_place(live.data(bundle).await, 0), own);
    assert_eq!(of_place(live.data(bundle).await, 1), Value::Null);
    assert_eq!(of_place(gone.data(bundle).await, 0), country);
    assert_eq!(of_place(none.data(bundle).await, 0), Value::Null);
}

/// An index of the chain so far, after one more ruling.
async fn chain_with(chain: &mut Chain, ruling: Option<Ruling>) -> Server {
    if let Some(ruling) = ruling {
        chain.step(&rules(ruling));
        chain.step(&Step::NextBlock);
    }
    Server::start(&chain.blocks(), NOW).await
}

#[tokio::test]
async fn accounts_tell_roles_freezes_and_successors() {
    let mut chain = Chain::new();
    for role in [1, 4] {
        chain.step(&rules(Ruling::Role {
            account: 0,
            role,
            held: true,
        }));
    }
    chain.step(&Step::NextBlock);
    chain.step(&rules(Ruling::Role {
        account: 0,
        role: 1,
        held: false,
    }));
    chain.step(&Step::Freeze {
        holder: 1,
        frozen: true,
    });
    chain.step(&rules(Ruling::RecoverKey {
        lost: 2,
        successor: 3,
    }));
    // One that objected is free, one that was frozen before stays so.
    for account in [0, 1] {
        chain.step(&rules(Ruling::RecoverKey {
            lost: account,
            successor: 3,
        }));
        chain.step(&rules(Ruling::EndRecovery(account)));
    }
    chain.step(&rules(Ruling::AddModule {
        module: 0,
        kinds: 5,
    }));
    chain.step(&rules(Ruling::AddModule {
        module: 1,
        kinds: 2,
    }));
    chain.step(&rules(Ruling::RemoveModule(1)));
    let server = Server::start(&chain.finish(), NOW).await;
    let address = |number| holder(number).to_checksum(None);
    let data = server
        .data(&format!(
            "{{ accounts {{ address roles frozen }} \
               frozen: accounts(where: {{ frozen: true }}) {{ address }} \
               regulators: accounts(where: {{ role: REGULATOR }}) {{ address }} \
               lost: account(address: \"{}\") {{ frozen successor recoveredFrom reason actor evidence }} \
               unknown: account(address: \"{}\") {{ frozen }} \
               policy {{ admin modules {{ address kinds }} }} }}",
            address(2),
            address(9)
        ))
        .await;
    assert_eq!(
        data["accounts"],
        json!([
            { "address": address(0), "roles": ["REGULATOR"], "frozen": false },
            { "address": address(1), "roles": [], "frozen": true },
            { "address": address(2), "roles": [], "frozen": true },
        ])
    );
    assert_eq!(
        data["frozen"],
        json!([{ "address": address(1) }, { "address": address(2) }])
    );
    assert_eq!(data["regulators"], json!([{ "address": address(0) }]));
    assert_eq!(
        data["lost"],
        json!({
            "frozen": true,
            "successor": address(3),
            "recoveredFrom": RECOVERED_FROM,
            "reason": "22",
            "actor": regulator().to_checksum(None),
            "evidence": format!("0x{}", "04".repeat(32)),
        })
    );
    assert_eq!(data["unknown"], Value::Null);
    assert_eq!(data["policy"], Value::Null);
}

#[tokio::test]
async fn arguments_that_no_entity_has_are_refused() {
    let server = Server::start(&Chain::new().finish(), NOW).await;
    for (query, code) in [
        (
            "{ ruleBundles(after: \"US' or true\") { version } }",
            "INVALID_ARGUMENT",
        ),
        (
            "{ ruleBundles(after: \"\") { version } }",
            "INVALID_ARGUMENT",
        ),
        ("{ ruleBundles(first: -1) { version } }", "INVALID_ARGUMENT"),
        ("{ accounts(first: 1001) { frozen } }", "PAGE_TOO_LARGE"),
        (
            "{ accounts(where: { role: ADMIN }) { frozen } }",
            "INVALID_QUERY",
        ),
        (
            "{ decisions(where: { license: \"0x1\" }) { status } }",
            "INVALID_ARGUMENT",
        ),
        (
            "{ decisions(where: { license: \"-1\" }) { status } }",
            "INVALID_ARGUMENT",
        ),
        ("{ decisions(after: \"0x12\") { status } }", "INVALID_QUERY"),
        ("{ decision(id: \"1\") { status } }", "INVALID_QUERY"),
    ] {
        assert_eq!(server.code(query).await, code, "{query}");
    }
    let nowhere = format!("{{ decisions(after: \"0x{}\") {{ id }} }}", "00".repeat(32));
    assert_eq!(server.data(&nowhere).await["decisions"], json!([]));
}
