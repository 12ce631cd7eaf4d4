//! What the GraphQL interface answers about decisions.

mod support;

use lex_client::abi::committee::Committee::Decision;
use serde_json::{Value, json};

use support::{
    chain::{
        Chain, START, Step, Vote,
        committee::{decision_id, member, suspension},
        holder,
    },
    server::Server,
    world,
};

const NOW: u64 = START + 50;

async fn statuses(server: &Server) -> Vec<String> {
    let data = server.data("{ decisions(first: 10) { id status } }").await;
    let mut found: Vec<(String, String)> = data["decisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|decision| {
            let text = |key: &str| decision[key].as_str().expect("a text").to_owned();
            (text("id"), text("status"))
        })
        .collect();
    found.sort_by_key(|(id, _)| (0..10).position(|number| decision_id(number).to_string() == *id));
    found.into_iter().map(|(_, status)| status).collect()
}

#[tokio::test]
async fn decisions_tell_how_far_they_have_come() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    let approve = |chain: &mut Chain, decision, member| {
        chain.step(&Step::Committee(Vote::Approve { decision, member }));
    };
    // 0: waits. 1: approved. 2: executed, and 3 of its lane still waits. 4: canceled. 5: over.
    for (lane, place) in [(1, 1), (2, 1), (3, 2), (3, 1), (4, 1)] {
        chain.propose(member(0), suspension(1, lane, place));
    }
    let mut over: Decision = suspension(1, 5, 1);
    over.slot.deadline = NOW;
    chain.propose(member(0), over);
    chain.step(&Step::NextBlock);
    for decision in [1, 2, 5] {
        approve(&mut chain, decision, 1);
    }
    chain.step(&Step::Committee(Vote::Execute(2)));
    chain.step(&Step::Committee(Vote::Cancel(4)));
    // The maker's own weight is never enough, and what is taken back does not count.
    approve(&mut chain, 0, 2);
    chain.step(&Step::Committee(Vote::Withdraw {
        decision: 0,
        member: 2,
    }));
    chain.step(&Step::NextBlock);
    let server = Server::start(&chain.blocks(), NOW).await;
    assert_eq!(
        statuses(&server).await,
        ["OPEN", "APPROVED", "EXECUTED", "OPEN", "CANCELED", "DEAD"]
    );
    let data = server
        .data(&format!(
            "{{ decision(id: \"{}\") {{ kind status target tokenId account reason weight threshold \
               maker epoch approvals {{ member weight }} }} \
               open: decisions(where: {{ status: OPEN, license: \"1\" }}) {{ id }} \
               other: decisions(where: {{ license: \"2\" }}) {{ id }} }}",
            decision_id(1)
        ))
        .await;
    let address = |number| member(number).to_checksum(None);
    assert_eq!(
        data["decision"],
        json!({
            "kind": "SUSPEND", "status": "APPROVED", "tokenId": "1", "account": null,
            "target": world().license.to_checksum(None),
            "reason": "11", "weight": "2", "threshold": "2", "maker": address(0), "epoch": "1",
            "approvals": [
                { "member": address(0), "weight": "1" },
                { "member": address(1), "weight": "1" },
            ],
        })
    );
    let open = [3, 0].map(|number| json!({ "id": decision_id(number).to_string() }));
    let mut listed = data["open"].as_array().expect("a list").clone();
    listed.sort_by_key(|found| found["id"] != open[0]["id"]);
    assert_eq!(listed, open);
    assert_eq!(data["other"], json!([]));

    // Its kind needs less from now on, which revives nothing.
    chain.step(&Step::Committee(Vote::SetThreshold {
        kind: 3,
        threshold: 1,
    }));
    chain.step(&Step::NextBlock);
    let server = Server::start(&chain.blocks(), NOW).await;
    assert_eq!(statuses(&server).await[0], "OPEN");
    chain.step(&Step::Committee(Vote::SetMember {
        member: 2,
        weight: 0,
    }));
    let server = Server::start(&chain.finish(), NOW).await;
    assert_eq!(
        statuses(&server).await,
        ["DEAD", "DEAD", "EXECUTED", "DEAD", "CANCELED", "DEAD"]
    );
}

#[tokio::test]
async fn decisions_come_page_by_page() {
    let mut chain = Chain::new();
    for lane in 0..5 {
        chain.propose(member(0), suspension(1, lane, 1));
        if lane % 2 == 0 {
            chain.step(&Step::NextBlock);
        }
    }
    let server = Server::start(&chain.finish(), NOW).await;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query($after: Hash) { decisions(first: 2, after: $after) { id } }";
        let answer = server.ask(query, json!({ "after": after })).await;
        let page = answer["data"]["decisions"]
            .as_array()
            .expect("a page")
            .clone();
        let Some(last) = page.last() else { break };
        after = last["id"].clone();
        seen.extend(page);
    }
    let whole = server.data("{ decisions { id } }").await;
    assert_eq!(json!(seen), whole["decisions"]);
    assert_eq!(seen.len(), 5);
}
