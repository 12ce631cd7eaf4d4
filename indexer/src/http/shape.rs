//! How deep and how many the values of a JSON text are, before anything is made of it.

/// Whether the text has at most so many values, and values inside each other; an empty list counts
/// twice. One pass; what is no JSON is left to the parser.
pub(super) fn is_within(text: &[u8], max_depth: usize, max_values: usize) -> bool {
    let mut depth: usize = 0;
    // Each value but the first of all follows one of these.
    let mut values: usize = 1;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > max_depth || values > max_values {
            return false;
        }
    }
    true
}

fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn texts_hide_nothing_and_are_nothing() {
        assert!(is_within(br#"{"query":"[[[[ \" [[[["}"#, 1, 2));
        assert!(!is_within(br#"{"query":"\\",[[[["#, 2, 100));
        assert!(!is_within(b"[1,2,3]", 9, 3));
        assert!(is_within(b"[1,2,3]", 1, 4));
        assert!(!is_within("[".repeat(33).as_bytes(), 32, 1000));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
            "[\\[\\]{},:\"\\\\]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("\\PC{0,4}", inner, 0..5)
                    .prop_map(|fields| json!(fields)),
            ]
        })
    }

    /// Depth and number of values, by recursion.
    fn measure(value: &Value) -> (usize, usize) {
        let inner: Vec<_> = match value {
            Value::Array(values) => values.iter().map(measure).collect(),
            Value::Object(fields) => fields.values().map(measure).collect(),
            _ => return (0, 1),
        };
        let depth = inner.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
        let values: usize = inner.iter().map(|(_, values)| *values).sum();
        (depth + 1, values + 1)
    }

    proptest! {
        #[test]
        fn it_measures_what_the_parser_makes(value in any_json()) {
            let text = value.to_string();
            let (depth, values) = measure(&value);
            prop_assert!(is_within(text.as_bytes(), depth, 2 * values));
            prop_assert!(!is_within(text.as_bytes(), depth, values - 1));
            if depth > 0 {
                prop_assert!(!is_within(text.as_bytes(), depth - 1, 2 * values));
            }
        }
    }
}
