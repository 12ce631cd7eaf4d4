//! `lex up` and `lex status` as programs, on a real stack that fares badly: a halted attester, a service that
//! hangs, and kills of everything at once.
//!
//! `LEX_KILLS=N` kills as often.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lex_cli::stack::wait;
use lex_tests::{Up, run_sql, said};
use rustix::process::Signal;
use serde_json::Value;
use tokio::process::Command;

/// How often everything is killed unless `LEX_KILLS` says otherwise.
const KILLS: usize = 2;
/// Longest time for what must happen by itself.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_attester_and_kills_of_everything_take_nothing_down() -> Result<()> {
    // What hangs is ended as `lex status` says, not by itself.
    let up = Up::new()?.leaving_what_hangs()?;
    let output = up.start_apart().await?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (code, status) = up.status().await?;
    assert_eq!(code, Some(0), "{status:#}");
    assert_eq!(status["troubles"], serde_json::json!([]));
    let addresses = up.addresses()?;

    halt(&up.config("attester-2")).await?;
    up.kill_all()?;
    let output = up.start_again().await?;
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert!(
        said(&output).contains("HALTED: two endpoints disagree"),
        "{}",
        said(&output)
    );
    let (code, status) = up.status().await?;
    assert_eq!(code, Some(7), "{status:#}");
    let components = status["components"].as_array().context("components")?;
    assert_eq!(components.len(), 9);
    assert!(
        components.iter().all(|part| part["up"] == true),
        "{status:#}"
    );
    let trouble = only_trouble(&status)?;
    assert_eq!(trouble["part"], "attester-2");

    end_the_halt(&up, trouble).await?;
    all_is_well(&up).await?;
    a_part_that_hangs_is_said_with_what_ends_it(&up).await?;
    kills_in_a_row(&up).await?;
    assert_eq!(up.addresses()?, addresses, "wallets have these");
    what_nobody_ended_is_one_trouble_until_somebody_does(&up).await
}

/// What an attester writes when it finds that its source lies.
async fn halt(config: &Path) -> Result<()> {
    run_sql(
        config,
        "insert into halt (reason) values ('two endpoints disagree')",
    )
    .await?;
    Ok(())
}

/// Does what `lex status` says.
async fn end_the_halt(up: &Up, trouble: &Value) -> Result<()> {
    let next = trouble["next"].as_str().context("a next step")?;
    let (_, command) = next.split_once("then: ").context("a command")?;
    let program = up.program("lex-relayer");
    let program = program.display().to_string();
    ensure!(command.starts_with(&program), "{command}");
    run(command).await
}

async fn a_part_that_hangs_is_said_with_what_ends_it(up: &Up) -> Result<()> {
    let part = "deliverer";
    let hung = up.process(part).context("it runs")?;
    hung.signal(Signal::STOP);
    let trouble = wait::until("the trouble", WITHIN, || async {
        let (code, status) = up.status().await.map_err(|error| format!("{error:#}"))?;
        let trouble = only_trouble(&status).map_err(|error| error.to_string())?;
        // HUNG once its supervisor has missed answers of a process that it had heard before.
        let is_it = trouble["part"] == part && text(trouble, "next").contains("at once: ");
        if code == Some(7) && is_it {
            Ok(trouble.clone())
        } else {
            Err(format!("{code:?}: {trouble}"))
        }
    })
    .await?;
    let next = text(&trouble, "next");
    let (_, rest) = next.split_once("at once: ").context("a command")?;
    let (command, _) = rest.split_once("; its log").context("a log")?;
    run(command).await?;
    all_is_well(up).await?;
    ensure!(up.process(part) != Some(hung), "it is the same process");
    Ok(())
}

async fn run(command: &str) -> Result<()> {
    let output = Command::new("sh").args(["-c", command]).output().await?;
    ensure!(output.status.success(), "{command}: {}", said(&output));
    Ok(())
}

async fn all_is_well(up: &Up) -> Result<()> {
    wait::until("the end of all trouble", WITHIN, || async {
        match up.status().await.map_err(|error| format!("{error:#}"))? {
            (Some(0), _) => Ok(()),
            (code, status) => Err(format!("{code:?}: {}", status["troubles"])),
        }
    })
    .await?;
    Ok(())
}

fn only_trouble(status: &Value) -> Result<&Value> {
    match status["troubles"].as_array().map(Vec::as_slice) {
        Some([trouble]) => Ok(trouble),
        _ => anyhow::bail!("not one trouble: {}", status["troubles"]),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

async fn kills_in_a_row(up: &Up) -> Result<()> {
    let kills = match std::env::var("LEX_KILLS") {
        Ok(kills) => kills.parse().context("LEX_KILLS is a number")?,
        Err(_) => KILLS,
    };
    for kill in 1..=kills {
        up.kill_all()?;
        let output = up.start_again().await?;
        assert_eq!(
            output.status.code(),
            Some(0),
            "kill {kill}: {}",
            said(&output)
        );
    }
    let (code, status) = up.status().await?;
    assert_eq!(code, Some(0), "{status:#}");
    Ok(())
}

async fn what_nobody_ended_is_one_trouble_until_somebody_does(up: &Up) -> Result<()> {
    up.kill_all()?;
    // The last of a killed process may take a while to go.
    wait::until("the end of everything", WITHIN, || async {
        match up.status().await.map_err(|error| format!("{error:#}"))? {
            (Some(7), status) if status["troubles"][0]["part"] == "stack" => Ok(()),
            (code, status) => Err(format!("{code:?}: {}", status["troubles"])),
        }
    })
    .await?;
    up.lex(&["down"]).await?;
    let (code, status) = up.status().await?;
    assert_eq!(code, Some(4), "{status:#}");
    assert_eq!(status["components"], serde_json::json!([]));
    Ok(())
}
