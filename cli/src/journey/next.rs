//! What a newcomer can do next with what the journey left.

use super::people::SUBSTRATE_ISSUER;
use super::steps::JURISDICTION;
use super::{JourneyReport, People, SignerKind};

/// A command line and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCommand {
    /// Without the program.
    pub words: Vec<String>,
    pub purpose: &'static str,
}

impl NextCommand {
    fn new(purpose: &'static str, words: &[&str]) -> NextCommand {
        NextCommand {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            purpose,
        }
    }

    /// The line as a shell takes it, for a program that runs as `program` with these options.
    #[must_use]
    pub fn line(&self, program: &str, options: &[String]) -> String {
        let words = self.words.iter().chain(options).map(String::as_str);
        let words: Vec<&str> = std::iter::once(program).chain(words).collect();
        // Fails only for a NUL, which no argument of a program holds.
        shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "))
    }
}

impl JourneyReport {
    /// The three most useful commands now.
    #[must_use]
    pub fn next_commands(&self) -> [NextCommand; 3] {
        let license = self.license.as_str();
        let license_type = self.license_type.to_string();
        let address = People::development(self.signer)
            .issuer
            .address()
            .to_string();
        let issuer = match self.signer {
            SignerKind::Substrate => SUBSTRATE_ISSUER,
            SignerKind::Ethereum => &address,
        };
        let another = match self.signer {
            SignerKind::Substrate => NextCommand::new(
                "another license of its type",
                &[
                    "license",
                    "issue",
                    "--type",
                    &license_type,
                    "--to",
                    "//Charlie",
                    "--jurisdiction",
                    JURISDICTION,
                    "--signer",
                    issuer,
                ],
            ),
            // Issuing needs the issuer's key, and Ethereum keys do not belong on a command line.
            SignerKind::Ethereum => NextCommand::new(
                "every license that was revoked",
                &["license", "search", "--status", "revoked"],
            ),
        };
        [
            NextCommand::new(
                "what chain, index and mirror say about the license",
                &["license", "show", license],
            ),
            NextCommand::new(
                "why it cannot be renewed any more, and what would help",
                &["explain", "renew", license, "--as", issuer],
            ),
            another,
        ]
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::agreement::Agreement;
    use crate::args::Cli;

    fn report(signer: SignerKind) -> JourneyReport {
        JourneyReport {
            signer,
            license: String::from("7"),
            license_type: 3,
            steps: Vec::new(),
            agreement: Agreement::default(),
        }
    }

    #[test]
    fn the_lines_are_commands_of_this_program() {
        for signer in [SignerKind::Substrate, SignerKind::Ethereum] {
            for command in report(signer).next_commands() {
                let line = command.line("target/lex", &["--state".into(), "/a folder".into()]);
                let words = shlex::split(&line).unwrap();
                let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(cli.global.target.state, Some("/a folder".into()));
            }
        }
    }

    #[test]
    fn the_lines_name_what_the_journey_made() {
        let [show, explain, issue] = report(SignerKind::Substrate).next_commands();
        assert_eq!(show.line("lex", &[]), "lex license show 7");
        assert_eq!(explain.line("lex", &[]), "lex explain renew 7 --as //Bob");
        assert!(issue.words.contains(&String::from("3")));
    }
}
