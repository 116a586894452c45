//! The distinct texts of a column, found in one pass.
//!
//! Most cells of a column of categories repeat one of a few texts. A small table in front of the
//! hash map answers those by one comparison; what it does not know takes the usual way, so that
//! no choice of texts makes this slow.

use std::collections::HashMap;

/// Places of the small table.
const PLACES: usize = 256;

/// Texts with codes, in order of first appearance.
pub(super) struct Levels<'a> {
    code_of: HashMap<&'a str, u32>,
    found: Vec<&'a str>,
    recent: Vec<Option<(&'a str, u32)>>,
}

impl<'a> Levels<'a> {
    pub(super) fn new() -> Self {
        Self {
            code_of: HashMap::new(),
            found: Vec::new(),
            recent: vec![None; PLACES],
        }
    }

    /// The code of a text, a new one where it is seen first.
    pub(super) fn code(&mut self, text: &'a str) -> u32 {
        let place = place(text.as_bytes());
        if let Some(Some((known, code))) = self.recent.get(place)
            && *known == text
        {
            return *code;
        }
        let found = &mut self.found;
        let code = *self.code_of.entry(text).or_insert_with(|| {
            found.push(text);
            found.len() as u32 - 1
        });
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = Some((text, code));
        }
        code
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// The texts by code.
    pub(super) fn found(&self) -> &[&'a str] {
        &self.found
    }
}

/// Where a text stands in the small table, by its last bytes and its length.
fn place(bytes: &[u8]) -> usize {
    let word = match bytes.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => bytes
            .iter()
            .fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    // Multiplication by the golden ratio spreads neighbors (Knuth, TAOCP 3, 6.4).
    let spread = (word ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> 56) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_same_place_keep_their_codes() {
        let texts: Vec<String> = (0..5_000).map(|i| format!("level {i}")).collect();
        let mut levels = Levels::new();
        for _ in 0..2 {
            for (code, text) in texts.iter().enumerate() {
                assert_eq!(levels.code(text), code as u32);
            }
        }
        assert_eq!(levels.len(), 5_000);
        assert_eq!(levels.found()[4_999], "level 4999");
    }
}
