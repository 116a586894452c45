//! YAML in which no text can be anything but text: every one is quoted and plain ASCII.

use std::fmt::Write;

use serde_json::Value;

/// Writes a value in block style. Keys are words of our own and stay bare.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    put(&mut out, value, 0);
    out.trim_start_matches('\n').to_owned() + "\n"
}

fn put(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                start(out, depth);
                out.push_str(key);
                out.push(':');
                put_after(out, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                start(out, depth);
                out.push('-');
                put_after(out, item, depth);
            }
        }
        Value::String(text) => quote(out, text),
        // Numbers, true, false, null, [] and {} are written as JSON writes them.
        other => out.push_str(&other.to_string()),
    }
}

fn put_after(out: &mut String, value: &Value, depth: usize) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if !is_block {
        out.push(' ');
    }
    put(out, value, depth + 1);
}

fn start(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        // Writing to a text cannot fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            ' '..='~' => write!(out, "{c}"),
            '\0'..='\u{ff}' => write!(out, "\\x{:02x}", c as u32),
            '\u{100}'..='\u{ffff}' => write!(out, "\\u{:04x}", c as u32),
            _ => write!(out, "\\U{:08x}", c as u32),
        };
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_and_quotes() {
        let value = json!({
            "a": { "b": "x: y # \"z\"\n", "c": [] },
            "d": ["no", 1, { "e": null, "f": true }],
            "g": "gr\u{fc}n \u{2028}\u{1f43c}",
        });
        let expected = "a:\n  b: \"x: y # \\\"z\\\"\\x0a\"\n  c: []\nd:\n  - \"no\"\n  - 1\n  -\n    e: null\n    f: true\ng: \"gr\\xfcn \\u2028\\U0001f43c\"\n";
        assert_eq!(yaml(&value), expected);
    }
}
