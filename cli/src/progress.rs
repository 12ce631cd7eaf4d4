//! What a long command tells its user while it works: on stderr, a spinner on a terminal and plain
//! lines otherwise. stdout stays free for the result.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

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

    /// Spinners when stderr is a terminal, otherwise one line for each finished step.
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
        match &*self.0 {
            Sink::Silent => {}
            Sink::Lines => eprintln!("{}", text.as_ref()),
            // Through the bars, so that a spinner does not overwrite the line. stderr that has gone
            // away is no reason to stop.
            Sink::Terminal(bars) => drop(bars.println(text.as_ref())),
        }
    }

    /// A step that takes a while; finish it with [`Step::done`].
    #[must_use]
    pub fn step(&self, label: impl Into<String>) -> Step {
        let label = label.into();
        let bar = match &*self.0 {
            Sink::Terminal(bars) => Some(bars.add(spinner(&label))),
            Sink::Silent | Sink::Lines => None,
        };
        Step {
            progress: self.clone(),
            label,
            bar,
            began: Instant::now(),
        }
    }
}

/// A running step; dropped without [`Step::done`] it just disappears (the error says the rest).
#[derive(Debug)]
pub struct Step {
    progress: Progress,
    label: String,
    bar: Option<ProgressBar>,
    began: Instant,
}

impl Step {
    /// Replaces the spinner by a line with the time that the step took.
    pub fn done(self, result: impl AsRef<str>) -> Duration {
        let took = self.began.elapsed();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.progress.note(format!(
            "  {:<22} {:>7}  {}",
            self.label,
            in_words(took),
            result.as_ref()
        ));
        took
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
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
    fn durations_have_a_fitting_unit() {
        assert_eq!(in_words(Duration::from_millis(340)), "340 ms");
        assert_eq!(in_words(Duration::from_millis(2100)), "2.1 s");
        assert_eq!(in_words(Duration::from_secs(245)), "4 min 05 s");
    }
}
