//! Text that somebody else wrote, for terminals and logs: it cannot move the cursor, hide or reorder
//! what stands beside it, or pass for a line of ours.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

/// Text from a chain or an endpoint. Shown with [`visible`]; as data (serde) it stays what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ForeignText(String);

impl ForeignText {
    /// The text as it was written. For comparing and for encoding, not for showing.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl From<String> for ForeignText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&visible(&self.0))
    }
}

/// The text with an escape (`\u001b`) for each character that one cannot see or that changes how
/// others are seen: control and format characters with the bidirectional ones, line ends, fillers,
/// and what Unicode has not assigned. A zero-width joiner stays behind a letter of a script that is
/// written with it, and within an emoji.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// As [`visible`], for a text of several lines: line ends stay.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut copied = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if is_unseen(c, before) && !stays(c) {
            shown += &text[copied..at];
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown += &format!("\\u{unit:04x}");
            }
            copied = at + c.len_utf8();
        }
        before = Some(c);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    Cow::Owned(shown + &text[copied..])
}

fn is_unseen(c: char, before: Option<char>) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned,
    };
    match c {
        ' '..='~' => false,
        // Joiners.
        '\u{200c}' | '\u{200d}' => !before.is_some_and(is_joined),
        // Letters and marks without a shape: Unicode's Default_Ignorable_Code_Point beyond the categories
        // below. Variation selectors among them choose the shape of the character before.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' => {
            true
        }
        '\u{fe00}'..='\u{fe0f}' => before.is_none_or(|before| before.is_ascii_whitespace()),
        '\u{e0100}'..='\u{e01ef}' => true,
        _ => matches!(
            c.general_category(),
            Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned
        ),
    }
}

/// Whether a joiner behind it changes how it is written: Arabic to N'Ko, the scripts of India, Tibetan,
/// Myanmar, Khmer, Mongolian; and emoji, whose last character may choose a shape or a skin.
fn is_joined(before: char) -> bool {
    matches!(before,
        '\u{600}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fe0f}')
        || !before.is_ascii() && before.is_emoji_char()
}

/// Passes lines of text on with [`visible_lines`], so that what comes out has no line that did not
/// go in as one write. To be written to a whole entry at a time.
#[derive(Debug)]
pub struct VisibleWriter<W>(pub W);

impl<W: Write> Write for VisibleWriter<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(entry);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (&*text, ""),
        };
        self.0
            .write_all(format!("{}{end}", visible(line)).as_bytes())?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was written into a name or a URI to make a terminal show something else.
    const HOSTILE: [(&str, &str); 9] = [
        (
            "\u{1b}[2J\u{1b}[Hstatus  Active",
            "\\u001b[2J\\u001b[Hstatus  Active",
        ),
        ("\u{9b}31m", "\\u009b31m"),
        ("x\r\nstatus  Active", "x\\u000d\\u000astatus  Active"),
        ("gpj.\u{202e}exe", "gpj.\\u202eexe"),
        ("\u{2066}a\u{2069}", "\\u2066a\\u2069"),
        ("Acm\u{200b}e\u{feff}", "Acm\\u200be\\ufeff"),
        ("State\u{ad}Board\u{2028}", "State\\u00adBoard\\u2028"),
        ("a\u{200d}b\u{3164}", "a\\u200db\\u3164"),
        ("tag\u{e0041}", "tag\\udb40\\udc41"),
    ];

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        for (written, shown) in HOSTILE {
            assert_eq!(visible(written), shown);
            assert_eq!(ForeignText::from(written.to_owned()).to_string(), shown);
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Müller & Söhne GmbH",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "株式会社",
            "👩\u{200d}⚕\u{fe0f} 🏴",
            "e\u{301}",
            "\\u001b",
        ] {
            assert!(
                matches!(visible(text), Cow::Borrowed(shown) if shown == text),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_escapes_are_those_of_json() {
        for (written, _) in HOSTILE {
            let json = serde_json::to_string(written).unwrap();
            let read: String = serde_json::from_str(&visible(&json)).unwrap();
            assert_eq!(read, written);
        }
    }

    #[test]
    fn lines_stay_where_there_may_be_lines() {
        assert_eq!(visible_lines("a\nb\u{1b}\r\n"), "a\nb\\u001b\\u000d\n");
    }

    #[test]
    fn an_entry_of_a_log_is_one_line() {
        let mut log = Vec::new();
        let mut writer = VisibleWriter(&mut log);
        writer
            .write_all(b"WARN refused: x\nINFO all is well \xff\n")
            .unwrap();
        writer.write_all(b"INFO next\n").unwrap();
        assert_eq!(
            String::from_utf8(log).unwrap(),
            "WARN refused: x\\u000aINFO all is well \u{fffd}\nINFO next\n"
        );
    }
}
