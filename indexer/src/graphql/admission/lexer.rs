//! Reads GraphQL as tokens only: one pass, no recursion, nothing kept.
//!
//! It need not know whether the tokens make a query. What matters is that it never takes for text,
//! or for a comment, what the library takes for a bracket; where in doubt, it refuses.

use std::{iter::Peekable, str::Chars};

/// Why the text is not given to the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the query has too many tokens")]
    TooManyTokens,
    #[error("the query has too many brackets inside brackets")]
    TooDeep,
    #[error("a string in the query does not end")]
    OpenText,
    #[error("the query has a character that GraphQL does not know: {0:?}")]
    Unknown(char),
}

/// Counts tokens, and brackets inside brackets.
///
/// # Errors
/// There are more of either than allowed, or the text has something that is no token.
pub(super) fn scan(text: &str, max_tokens: usize, max_nesting: usize) -> Result<usize, Fault> {
    let mut lexer = Lexer(text.chars().peekable());
    let mut tokens = 0;
    let mut open: usize = 0;
    while let Some(token) = lexer.next_token()? {
        tokens += 1;
        if tokens > max_tokens {
            return Err(Fault::TooManyTokens);
        }
        match token {
            Token::Open => open += 1,
            // One too many ends the library's parsing right there.
            Token::Close => open = open.saturating_sub(1),
            Token::Other => {}
        }
        if open > max_nesting {
            return Err(Fault::TooDeep);
        }
    }
    Ok(tokens)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Other,
}

struct Lexer<'a>(Peekable<Chars<'a>>);

impl Lexer<'_> {
    fn next_token(&mut self) -> Result<Option<Token>, Fault> {
        self.skip_ignored();
        let Some(first) = self.0.next() else {
            return Ok(None);
        };
        match first {
            '(' | '[' | '{' => return Ok(Some(Token::Open)),
            ')' | ']' | '}' => return Ok(Some(Token::Close)),
            '"' => self.skip_text()?,
            '!' | '$' | '&' | '.' | ':' | '=' | '@' | '|' => {}
            // Letters, digits and signs in one go: whether they make a name or a number matters to
            // the library alone.
            '-' | '+' | '_' => self.skip_word(),
            letter if letter.is_ascii_alphanumeric() => self.skip_word(),
            other => return Err(Fault::Unknown(other)),
        }
        Ok(Some(Token::Other))
    }

    /// Spaces, commas and comments.
    fn skip_ignored(&mut self) {
        while let Some(next) = self.0.peek() {
            match next {
                ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}' => {
                    self.0.next();
                }
                '#' => while self.0.next_if(|next| !is_line_end(*next)).is_some() {},
                _ => return,
            }
        }
    }

    fn skip_word(&mut self) {
        let is_part = |next: &char| next.is_ascii_alphanumeric() || *next == '_';
        while self.0.next_if(is_part).is_some() {}
    }

    /// The rest of a string whose first quote is read.
    fn skip_text(&mut self) -> Result<(), Fault> {
        if self.0.next_if_eq(&'"').is_none() {
            return self.skip_line_text();
        }
        match self.0.next_if_eq(&'"') {
            Some(_) => self.skip_block_text(),
            None => Ok(()),
        }
    }

    fn skip_line_text(&mut self) -> Result<(), Fault> {
        loop {
            match self.0.next() {
                Some('"') => return Ok(()),
                // Whatever is escaped, it does not end the text; the library knows what may be.
                Some('\\') => {
                    self.0.next();
                }
                Some(next) if !is_line_end(next) => {}
                _ => return Err(Fault::OpenText),
            }
        }
    }

    /// Up to three quotes in a row, the first of which is not escaped.
    fn skip_block_text(&mut self) -> Result<(), Fault> {
        let mut quotes = 0;
        let mut escaped = false;
        while quotes < 3 {
            match self.0.next() {
                // Three quotes end the text, unless a backslash stands before the first of them.
                Some('"') => quotes += 1,
                Some(next) => {
                    quotes = 0;
                    escaped = next == '\\';
                    continue;
                }
                None => return Err(Fault::OpenText),
            }
            if quotes == 3 && escaped {
                (quotes, escaped) = (0, false);
            }
        }
        Ok(())
    }
}

fn is_line_end(next: char) -> bool {
    matches!(next, '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    use super::*;

    fn shallow(text: &str) -> Result<(), Fault> {
        scan(text, usize::MAX, 3).map(drop)
    }

    #[test]
    fn brackets_in_strings_and_comments_are_none() {
        for text in [
            r#"{ a(b: "((((((((") }"#,
            r#"{ a(b: "\"((((((((") }"#,
            r#"{ a(b: """(((" "" \""" ((((""") }"#,
            r#"{ a(b: "", c: "") }"#,
            "{ a # (((((((((\n }",
            "{ a # (((((((((\r }",
        ] {
            assert_eq!(shallow(text), Ok(()), "{text}");
            assert!(parse_query(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn brackets_after_strings_and_comments_count() {
        for text in [
            r#"{ a(b: "\\" [[[[) }"#,
            r#"{ a(b: """\\""" [[[[) }"#,
            r#"{ a(b: """""" [[[[) }"#,
            r#"{ a(b: "" [[[[) }"#,
            "{ a # x\n ((((",
            "{ a # x\r ((((",
            "[[[[",
            "{([{",
        ] {
            let open_text = text.contains(r#"\\""""#);
            let fault = if open_text {
                Fault::OpenText
            } else {
                Fault::TooDeep
            };
            assert_eq!(shallow(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        assert_eq!(shallow("{ a(b: \"x"), Err(Fault::OpenText));
        assert_eq!(shallow("{ a(b: \"x\n\")"), Err(Fault::OpenText));
        assert_eq!(shallow("{ a(b: \"\"\"x\")"), Err(Fault::OpenText));
        assert_eq!(shallow("{ a\u{0} }"), Err(Fault::Unknown('\0')));
        assert_eq!(scan("a b c d", 3, 9), Err(Fault::TooManyTokens));
    }

    /// Pieces from which queries are made, and what could confuse a reader of them.
    fn any_piece() -> impl Strategy<Value = String> {
        let fixed = [
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "{a}",
            "(b: ",
            "\"",
            "\"\"\"",
            "\\",
            "#",
            "\n",
            "\r",
            "...",
            " on ",
            "@skip(if: true)",
            "fragment f on Q ",
            "query ($v: [Int!] = [1]) ",
            "$v",
            "a: b ",
            "-1.5e3 ",
            "true ",
            ",",
            "é",
            "\u{feff}",
            "\"\\\"\"",
            "\"x\" ",
            "\"\"\"x \\\"\"\" y\"\"\"",
        ];
        prop_oneof![
            12 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
            1 => "\\PC{0,4}",
        ]
    }

    /// Deeper than the limit of the test, and no danger to the library's parser.
    const DEEP: usize = 60;

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "\\PC{0,200}") {
            let _ = scan(&text, usize::MAX, usize::MAX);
        }

        /// Brackets that are taken for text or a comment are so for the library as well: it finds
        /// the same with spaces in their place. And whatever it takes for a query is let through,
        /// but for blocks of text that do not end.
        #[test]
        fn the_library_sees_no_other_brackets(
            head in proptest::collection::vec(any_piece(), 0..8),
            tail in proptest::collection::vec(any_piece(), 0..8),
            inside in any::<bool>(),
        ) {
            let (before, after) = if inside { ("{a(b: ", ")}") } else { ("", "{a}") };
            let with = |middle: &str| format!("{before}{}{middle}{}{after}", head.concat(), tail.concat());
            let (deep, plain) = (with(&"[".repeat(DEEP)), with(&" ".repeat(DEEP)));
            if scan(&deep, usize::MAX, DEEP - 1).is_ok() {
                prop_assert_eq!(parse_query(&deep).is_ok(), parse_query(&plain).is_ok(), "{}", deep);
            }
            if parse_query(&plain).is_ok() {
                let read = scan(&plain, usize::MAX, DEEP);
                prop_assert!(read.is_ok() || plain.contains("\"\"\""), "{} {:?}", plain, read);
            }
        }
    }
}
