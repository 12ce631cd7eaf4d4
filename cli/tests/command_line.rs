//! `lex` as a program: what it prints where, and how it ends, when there is no stack.

#![expect(clippy::unwrap_used, reason = "what a test does not expect ends it")]

use std::path::Path;
use std::process::{Command, Output};

use lex_cli::stack::PortPlan;
use serde_json::Value;

/// Runs `lex` on an empty state folder, with every address pointing to a port where nobody listens.
fn lex(state: &Path, arguments: &[&str]) -> Output {
    let claim = PortPlan::any_free().claim().unwrap();
    let nobody = format!("127.0.0.1:{}", claim.ports().node);
    Command::new(env!("CARGO_BIN_EXE_lex"))
        .args(arguments)
        .env_remove("LEX_SIGNER")
        .env("LEX_STATE", state)
        .env("LEX_NODE_URL", format!("ws://{nobody}"))
        .env("LEX_ETH_RPC_URL", format!("http://{nobody}"))
        .env("LEX_MIRROR_URL", format!("http://{nobody}"))
        .env("LEX_INDEXER_URL", format!("http://{nobody}"))
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn write_deployment(state: &Path) {
    let hash = format!("0x{}", "11".repeat(32));
    let address = format!("0x{}", "22".repeat(20));
    let record = serde_json::json!({
        "network": "dev",
        "source": {"chainId": 1, "genesis": hash, "policy": address, "verifier": address, "committee": address,
                   "license": address, "seats": address, "implementation": {"license": address, "seats": address},
                   "block": 1, "licenseBlock": 1, "seatsBlock": 1,
                   "codeHash": {"policy": hash, "verifier": hash, "committee": hash, "license": hash, "seats": hash, "proxy": hash}},
        "mirrors": [{"name": "anvil", "chainId": 2, "mirror": address, "block": 1}],
    });
    std::fs::create_dir_all(state.join("deployments")).unwrap();
    std::fs::write(state.join("deployments/dev.json"), record.to_string()).unwrap();
}

#[test]
fn status_without_a_stack_is_one_json_document() {
    let state = tempfile::tempdir().unwrap();
    let output = lex(state.path(), &["status", "--json"]);
    assert_eq!(output.status.code(), Some(4), "nothing answers");
    let status = json(&output);
    assert_eq!(status["supervised"], false);
    assert_eq!(status["components"], serde_json::json!([]));
    assert_eq!(status["unanswered"].as_array().unwrap().len(), 1);
}

#[test]
fn down_without_a_stack_does_nothing_twice() {
    let state = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = lex(state.path(), &["down"]);
        assert!(output.status.success());
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "Nothing was running.\n"
        );
    }
}

#[test]
fn without_a_deployment_record_the_error_says_what_writes_it() {
    let state = tempfile::tempdir().unwrap();
    let output = lex(state.path(), &["license", "show", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "errors go to stderr");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("`lex up` or `lex deploy` writes it"),
        "{error}"
    );
}

#[test]
fn a_node_that_does_not_answer_has_its_own_exit_code() {
    let state = tempfile::tempdir().unwrap();
    write_deployment(state.path());
    let output = lex(state.path(), &["license", "show", "1", "--json"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(json(&output)["error"]["kind"], "unreachable");
}

#[test]
fn an_indexer_that_does_not_answer_has_the_same_exit_code() {
    let state = tempfile::tempdir().unwrap();
    let output = lex(state.path(), &["license", "search", "--json"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(json(&output)["error"]["kind"], "unreachable");
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let state = tempfile::tempdir().unwrap();
    let key = format!("0x{}", "ab".repeat(32));
    let output = lex(state.path(), &["license", "renew", "1", "--signer", &key]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("--signer-file"), "{error}");
    assert!(!error.contains("abab"), "{error}");
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    let state = tempfile::tempdir().unwrap();
    let output = lex(state.path(), &["license", "renew", "one"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_wrong_command_line_is_one_json_document_where_json_is_wanted() {
    let state = tempfile::tempdir().unwrap();
    for (line, says) in [
        (
            &["license", "show", "one"][..],
            "write the number of the license",
        ),
        (
            &["license", "transfer", "1", "--to", "//bob"],
            "write //Bob",
        ),
        (&["licence", "show", "1"], "unrecognized subcommand"),
        (&["license", "search", "--status"], "a value is required"),
    ] {
        let output = lex(state.path(), &[line, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        let error = &json(&output)["error"];
        assert_eq!(error["kind"], "usage");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(output.stderr.is_empty());

        let output = lex(state.path(), line);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(says),
            "{line:?}"
        );
        assert!(output.stdout.is_empty());
    }
}
