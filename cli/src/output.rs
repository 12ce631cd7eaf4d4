//! Results on stdout: text and tables for people, one JSON document for programs.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use lex_client::{visible, visible_lines};
use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

impl Format {
    /// Prints a result. stdout that nobody reads any more is no error.
    ///
    /// # Errors
    /// When stdout cannot be written or the result cannot be written as JSON.
    pub fn print<T: Serialize>(
        self,
        result: &T,
        human: impl FnOnce(&T) -> String,
    ) -> io::Result<()> {
        let text = match self {
            Format::Human => human(result),
            // The escapes of what cannot be seen are JSON's own: the value stays the same.
            Format::Json => serde_json::to_string_pretty(result)?,
        };
        match writeln!(io::stdout().lock(), "{}", visible_lines(text.trim_end())) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

/// A table with a header.
#[must_use]
pub fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible_lines(cell)));
    }
    table.to_string()
}

/// Lines of "name   value", values below each other.
#[must_use]
pub fn fields<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields: Vec<_> = fields.into_iter().collect();
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields
        .into_iter()
        .map(|(name, value)| format!("{name:width$}  {}\n", visible(&value)))
        .collect()
}

/// A Unix time as people read it, in UTC; the seconds themselves when it is beyond all calendars.
#[must_use]
pub fn time(seconds: u64) -> String {
    let parsed = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok());
    match parsed {
        Some(time) => format!(
            "{}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        ),
        None => format!("{seconds} s"),
    }
}

/// A duration in seconds as people read it.
#[must_use]
pub fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        if rest >= length {
            parts.push(format!("{} {unit}", rest / length));
            rest %= length;
        }
    }
    parts.truncate(2);
    if parts.is_empty() {
        String::from("0 s")
    } else {
        parts.join(" ")
    }
}

/// The first and last digits of a hash or address.
#[must_use]
pub fn short(hash: &impl ToString) -> String {
    let text = hash.to_string();
    match (text.get(..8), text.get(text.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if text.len() > 14 => format!("{first}..{last}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_readable() {
        assert_eq!(time(1_795_400_000), "2026-11-23 02:13:20 UTC");
        assert_eq!(time(u64::MAX), format!("{} s", u64::MAX));
        assert_eq!(span(0), "0 s");
        assert_eq!(span(365 * 86_400), "365 d");
        assert_eq!(span(90_061), "1 d 1 h");
    }

    #[test]
    fn long_hashes_are_shortened_and_short_texts_kept() {
        let hash = lex_client::B256::repeat_byte(0xab);
        assert_eq!(short(&hash), "0xababab..abab");
        assert_eq!(short(&"0x1234"), "0x1234");
    }

    #[test]
    fn fields_line_up() {
        let text = fields([("id", String::from("1")), ("holder", String::from("x"))]);
        assert_eq!(text, "id      1\nholder  x\n");
    }
}
