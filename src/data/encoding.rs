//! Bytes become text: UTF-8, UTF-16 and Windows-1252, decoded here so that every platform gives
//! the same text.
//!
//! A byte-order mark decides; without one, the zero bytes of UTF-16 do; then valid UTF-8; what is
//! left is Windows-1252, the encoding of old Excel and European exports, in which every byte has a
//! meaning. A file that is UTF-8 but for a few broken characters stays UTF-8.

use super::note::Note;

/// How the bytes of a file stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252, of which Latin-1 is a part.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The encoding of a name as used on the web and on command lines.
    ///
    /// ```
    /// use handlens::data::Encoding;
    /// assert_eq!(Encoding::from_name("Latin1"), Some(Encoding::Windows1252));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" | "ascii" | "us-ascii" => Some(Self::Utf8),
            "utf-16le" | "utf-16" | "utf16" => Some(Self::Utf16Le),
            "utf-16be" => Some(Self::Utf16Be),
            "windows-1252" | "cp1252" | "latin1" | "latin-1" | "iso-8859-1" => {
                Some(Self::Windows1252)
            }
            _ => None,
        }
    }
}

/// The code points of the bytes 0x80 to 0x9F in Windows-1252; the rest is Latin-1. The five
/// unassigned bytes keep their own code points, as the WHATWG Encoding Standard has it.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
];

/// Decodes a whole file; a byte-order mark is dropped.
///
/// Never fails: what cannot be decoded becomes U+FFFD and a note.
pub(super) fn decode(
    bytes: &[u8],
    asked: Option<Encoding>,
    notes: &mut Vec<Note>,
) -> (String, Encoding) {
    let encoding = match (asked, std::str::from_utf8(bytes)) {
        // Nearly every file; its bytes are looked at once.
        (None | Some(Encoding::Utf8), Ok(text)) if is_plain(text) => {
            return (text.to_owned(), Encoding::Utf8);
        }
        (Some(asked), _) => asked,
        (None, _) => guess(bytes),
    };
    let text = match encoding {
        Encoding::Utf8 => decode_utf8(bytes, notes),
        Encoding::Utf16Le => decode_utf16(bytes, u16::from_le_bytes, notes),
        Encoding::Utf16Be => decode_utf16(bytes, u16::from_be_bytes, notes),
        Encoding::Windows1252 => {
            if asked.is_none() {
                notes.push(Note::new(
                    "encoding",
                    "The file is not UTF-8. It was read as Windows-1252 (Western European); if \
                     accented letters look wrong, choose another encoding.",
                ));
            }
            decode_windows_1252(bytes)
        }
    };
    (text, encoding)
}

/// Whether a valid text has neither a mark nor zeros at its beginning, as UTF-16 would.
fn is_plain(text: &str) -> bool {
    let head = text.as_bytes().get(..text.len().min(1024));
    !text.starts_with('\u{feff}') && !head.unwrap_or_default().contains(&0)
}

fn guess(bytes: &[u8]) -> Encoding {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return Encoding::Utf8,
        [0xFF, 0xFE, ..] => return Encoding::Utf16Le,
        [0xFE, 0xFF, ..] => return Encoding::Utf16Be,
        _ => {}
    }
    if let Some(encoding) = guess_utf16(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Encoding::Utf8,
        Err(_) if is_mostly_utf8(bytes) => Encoding::Utf8,
        Err(_) => Encoding::Windows1252,
    }
}

/// UTF-16 without a mark: Latin text then has a zero in every other byte, nearly always the same
/// one.
fn guess_utf16(bytes: &[u8]) -> Option<Encoding> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    if pairs < 2 || bytes.len() % 2 == 1 {
        None
    } else if even * 10 <= odd && odd * 5 >= pairs * 2 {
        Some(Encoding::Utf16Le)
    } else if odd * 10 <= even && even * 5 >= pairs * 2 {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Whether broken sequences are rare beside whole ones of several bytes; a character cut off at the
/// end of the file does not count.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut n_good, mut n_bad) = (0_usize, 0_usize);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        n_good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let is_unfinished =
            std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        let is_cut = chunks.peek().is_none() && is_unfinished;
        n_bad += usize::from(!chunk.invalid().is_empty() && !is_cut);
    }
    n_good > 0 && n_good >= 10 * n_bad
}

fn decode_utf8(bytes: &[u8], notes: &mut Vec<Note>) -> String {
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let count = bytes
                .utf8_chunks()
                .filter(|c| !c.invalid().is_empty())
                .count();
            notes.push(broken_characters(count).at_line(line));
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

fn decode_utf16(bytes: &[u8], join: fn([u8; 2]) -> u16, notes: &mut Vec<Note>) -> String {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| Some(join(pair.try_into().ok()?)));
    let mut n_broken = bytes.len() % 2;
    let mut text = String::with_capacity(bytes.len() / 2);
    for (index, unit) in char::decode_utf16(units).enumerate() {
        match unit {
            Ok('\u{feff}') if index == 0 => {}
            Ok(c) => text.push(c),
            Err(_) => {
                n_broken += 1;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    if n_broken > 0 {
        notes.push(broken_characters(n_broken));
    }
    text
}

fn decode_windows_1252(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    text.extend(bytes.iter().map(|&byte| {
        let high = usize::from(byte)
            .checked_sub(0x80)
            .and_then(|i| WINDOWS_1252.get(i));
        high.and_then(|&code| char::from_u32(u32::from(code)))
            .unwrap_or(char::from(byte))
    }));
    text
}

fn broken_characters(count: usize) -> Note {
    Note::new(
        "broken_characters",
        format!(
            "{count} broken characters were replaced by \u{fffd}. The file may be cut off or of \
             another encoding."
        ),
    )
    .times(count)
}
