//! What a long command tells its user while it works: on stderr, a spinner on a terminal and plain
//! lines otherwise. stdout stays free for the result.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lex_client::{visible, visible_lines};

/// How often a step that takes long says so where no spinner can.
const REMINDER: Duration = Duration::from_secs(20);

/// Where progress goes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress(Arc<Sink>);

#[derive(Debug)]
enum Sink {
    Silent,
    Lines,
    Terminal(MultiProgress),
}

impl Progress {
    /// Says nothing; for tests and for programs that use this library.
    #[must_use]
    pub fn silent() -> Progress {
        Progress(Arc::new(Sink::Silent))
    }

    /// Spinners when stderr is a terminal, otherwise one line for each finished step, and one from time
    /// to time for a step that takes long.
    #[must_use]
    pub fn stderr() -> Progress {
        Progress(Arc::new(if std::io::stderr().is_terminal() {
            Sink::Terminal(MultiProgress::new())
        } else {
            Sink::Lines
        }))
    }

    /// One line that stays.
    pub fn note(&self, text: impl AsRef<str>) {
        let text = visible_lines(text.as_ref());
        match &*self.0 {
            Sink::Silent => {}
            Sink::Lines => eprintln!("{text}"),
            // Through the bars, so that a spinner does not overwrite the line. stderr that has gone
            // away is no reason to stop.
            Sink::Terminal(bars) => drop(bars.println(text)),
        }
    }

    /// A step that takes a while; finish it with [`Step::done`].
    #[must_use]
    pub fn step(&self, label: impl Into<String>) -> Step {
        let label = visible(&label.into()).into_owned();
        let sign_of_life = match &*self.0 {
            Sink::Terminal(bars) => SignOfLife::Spinner(bars.add(spinner(&label))),
            Sink::Lines => {
                let label = label.clone();
                SignOfLife::reminders(REMINDER, move |took| eprintln!("{}", still(&label, took)))
            }
            Sink::Silent => SignOfLife::None,
        };
        Step {
            progress: self.clone(),
            label,
            sign_of_life,
            began: Instant::now(),
        }
    }
}

/// A running step; dropped without [`Step::done`] it just disappears (the error says the rest).
#[derive(Debug)]
pub struct Step {
    progress: Progress,
    label: String,
    sign_of_life: SignOfLife,
    began: Instant,
}

impl Step {
    /// Replaces the spinner by a line with the time that the step took.
    pub fn done(self, result: impl AsRef<str>) -> Duration {
        let Step {
            progress,
            label,
            sign_of_life,
            began,
        } = self;
        drop(sign_of_life);
        let took = began.elapsed();
        progress.note(format!(
            "  {label:<22} {:>7}  {}",
            in_words(took),
            result.as_ref()
        ));
        took
    }
}

/// What shows that a step goes on; ends when it is dropped.
#[derive(Debug)]
enum SignOfLife {
    None,
    Spinner(ProgressBar),
    /// A thread that waits on the other end.
    Reminders {
        _end: Sender<()>,
    },
}

impl SignOfLife {
    /// Calls `remind` with the time that has passed, again and again.
    fn reminders(every: Duration, remind: impl Fn(Duration) + Send + 'static) -> SignOfLife {
        let (end, ended) = channel::<()>();
        let began = Instant::now();
        thread::spawn(move || {
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                remind(began.elapsed());
            }
        });
        SignOfLife::Reminders { _end: end }
    }
}

impl Drop for SignOfLife {
    fn drop(&mut self) {
        if let SignOfLife::Spinner(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn still(label: &str, took: Duration) -> String {
    format!("  {label:<22} {:>7}  still at it", in_words(took))
}

/// A duration as people read it: "340 ms", "2.1 s", "4 min 05 s".
#[must_use]
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else if seconds >= 1 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn spinner(label: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(label.to_owned());
    if let Ok(style) = ProgressStyle::with_template("  {msg:<22} {elapsed:>7}  {spinner}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_step_says_so_again_and_again_and_stops_with_its_end() {
        let (said, heard) = channel();
        let reminders = SignOfLife::reminders(Duration::from_millis(1), move |took| {
            // The end of the test is no concern of the step's.
            let _ = said.send(took);
        });
        let first = heard.recv().unwrap();
        assert!(heard.recv().unwrap() > first);
        drop(reminders);
        // Ends when the thread has given up its sender.
        assert!(heard.iter().count() < 1_000_000);
    }

    #[test]
    fn durations_have_a_fitting_unit() {
        assert_eq!(in_words(Duration::from_millis(340)), "340 ms");
        assert_eq!(in_words(Duration::from_millis(2100)), "2.1 s");
        assert_eq!(in_words(Duration::from_secs(245)), "4 min 05 s");
    }
}
