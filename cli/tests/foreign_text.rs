//! What an issuer writes to make a terminal or a log show something else than the chain has, seen
//! through the program and the services' logs of a real stack.

#![expect(clippy::unwrap_used, reason = "what a test does not expect ends it")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Clears the screen, says what it likes on lines of its own, hides and reorders.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}1;1H\r\nstatus  Active\u{7}\u{202e}\u{2066}\u{200b}\u{feff}";

/// The parts whose log lines are ours.
const OURS: [&str; 5] = [
    "indexer",
    "attester-1",
    "attester-2",
    "attester-3",
    "deliverer",
];

/// Ends the stack with the test, however it ends.
struct Stack<'a>(&'a Path);

impl Stack<'_> {
    /// stdout and stderr of `lex`, which has to succeed.
    fn lex(&self, line: &[&str]) -> String {
        let mut lex = Command::new(env!("CARGO_BIN_EXE_lex"));
        let output = lex.args(line).arg("--state").arg(self.0).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "{line:?}: {text:?}");
        text.concat()
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        let mut down = Command::new(env!("CARGO_BIN_EXE_lex"));
        let _ = down.arg("down").arg("--state").arg(self.0).output();
    }
}

#[test]
fn no_text_from_the_chain_moves_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    // The database's user must be able to walk through it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let state = folder.path().join("state");
    let stack = Stack(&state);
    stack.lex(&["up", "--detach", "--no-journey"]);
    write_everywhere(&stack);

    for line in [
        &["type", "list"][..],
        &["issuer", "list"],
        &["license", "show", "1"],
        &["license", "search"],
        &["seat", "show", "1"],
        &["policy", "bundle", "show", "FR"],
        &["explain", "revoke", "1", "--as", "//Bob"],
        &["status", "--licenses"],
    ] {
        assert_is_plain(&stack.lex(line), line);
        let json = stack.lex(&[line, &["--json"]].concat());
        assert_is_plain(&json, line);
        serde_json::from_str::<Value>(&json).unwrap();
    }
    let shown = stack.lex(&["license", "show", "1"]);
    let statuses = shown.lines().filter(|line| line.starts_with("status"));
    assert_eq!(statuses.count(), 1, "{shown}");
    let shown: Value =
        serde_json::from_str(&stack.lex(&["license", "show", "1", "--json"])).unwrap();
    assert_eq!(shown["chain"]["tokenUri"], HOSTILE, "data stays what it is");

    for log in fs::read_dir(state.join("logs")).unwrap() {
        let log = log.unwrap().path();
        let lines = String::from_utf8(fs::read(&log).unwrap()).unwrap();
        if OURS.iter().any(|name| log.ends_with(format!("{name}.log"))) {
            assert_is_plain(&lines, &[&log.display().to_string()]);
        }
    }
}

/// Every text that an issuer or an administrator can put on the chain.
fn write_everywhere(stack: &Stack<'_>) {
    let to = ["--to", "//Charlie", "--jurisdiction", "US"];
    let one = [
        &["license", "issue", "--type", "1", "--uri", HOSTILE][..],
        &to,
    ]
    .concat();
    let seats = [
        "seat", "issue", "--type", "2", "--amount", "3", "--uri", HOSTILE,
    ];
    let seats = [&seats[..], &to].concat();
    for (signer, line) in [
        (
            "//Alice",
            &["type", "create", "--term", "1d", "--name", HOSTILE][..],
        ),
        (
            "//Alice",
            &[
                "type", "create", "--term", "1d", "--kind", "sft", "--name", HOSTILE,
            ],
        ),
        (
            "//Alice",
            &["issuer", "register", "//Bob", "--name", HOSTILE],
        ),
        (
            "//Alice",
            &[
                "issuer",
                "grant",
                "//Bob",
                "--type",
                "1",
                "--jurisdiction",
                "US",
            ],
        ),
        (
            "//Alice",
            &[
                "issuer",
                "grant",
                "//Bob",
                "--type",
                "2",
                "--jurisdiction",
                "US",
            ],
        ),
        (
            "//Alice",
            &["policy", "bundle", "set", "FR", "--name", HOSTILE],
        ),
        ("//Bob", &one),
        ("//Bob", &seats),
    ] {
        let line = [line, &["--signer", signer]].concat();
        assert_is_plain(&stack.lex(&line), &line);
    }
}

/// Nothing but lines of characters that one can see.
fn assert_is_plain(text: &str, of: &[&str]) {
    let is_hidden = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let hidden: Vec<_> = text.chars().filter(|c| is_hidden(*c)).collect();
    assert!(hidden.is_empty(), "{of:?} shows {hidden:?}: {text:?}");
}
