//! A model as one page: an `.html` file that carries the model, the small module that predicts with
//! it and a form, and asks for no network.
//!
//! The page without a model, its *shell*, is built with the site and given by whoever exports. It
//! has one place for the artifact, a data block that a browser does not run. What goes in is
//! ASCII85 without `<`, so nothing that a column or a level is called can become part of the page.

use super::Artifact;
use crate::error::{Code, Error, Result};

/// Where the artifact goes in: between these two.
const PLACE: [&str; 2] = [
    "<script type=\"application/octet-stream\" id=\"model\">",
    "</script>",
];

/// The weights of the five digits of a word.
const WEIGHTS: [u32; 5] = [85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1];

/// Writes the page of a model into a shell.
///
/// # Errors
/// [`Code::BadRequest`] where the shell has no place for a model.
pub(super) fn write(artifact: &Artifact, shell: &[u8]) -> Result<Vec<u8>> {
    let shell = std::str::from_utf8(shell).map_err(|_| no_place())?;
    let (before, after) = shell.split_once(&PLACE.concat()).ok_or_else(no_place)?;
    let model = ascii85(&artifact.to_bytes()?);
    Ok([before, PLACE[0], &model, PLACE[1], after]
        .concat()
        .into_bytes())
}

fn no_place() -> Error {
    let message = "The page that the model goes into is missing or has no place for it. Give the file single.html of the build beside the request.";
    Error::new(Code::BadRequest, message).in_field("bytes")
}

/// Bytes as ASCII85, five characters for four bytes: as PostScript writes it, but with `v` for `<`,
/// which could end the place, and without short forms.
fn ascii85(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(4) * 5);
    for chunk in bytes.chunks(4) {
        let byte = |index: usize| chunk.get(index).copied().unwrap_or(0);
        let word = u32::from_be_bytes([byte(0), byte(1), byte(2), byte(3)]);
        let digits = WEIGHTS.map(|weight| (word / weight % 85) as u8);
        // Of fewer bytes, one character more than there are tells them all.
        text.extend(
            digits
                .iter()
                .take(chunk.len() + 1)
                .map(|digit| digit_of(*digit)),
        );
    }
    text
}

fn digit_of(value: u8) -> char {
    match char::from(b'!' + value) {
        '<' => 'v',
        digit => digit,
    }
}

#[cfg(test)]
mod tests {
    use super::ascii85;

    /// Python: `base64.a85encode(bytes).replace(b"<", b"v")`, and `!!!!!` for its `z`.
    #[test]
    fn ascii85_is_that_of_the_reference() {
        let cases: [(&[u8], &str); 8] = [
            (b"", ""),
            (b"f", "Ac"),
            (b"fo", "Ao@"),
            (b"foo", "AoDS"),
            (b"foob", "AoDTs"),
            (b"fooba", "AoDTs@/"),
            (&[0, 0, 0, 0], "!!!!!"),
            (&[255, 255, 255, 255, 26, 19], "s8W-!)Av"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(ascii85(bytes), expected);
        }
    }
}
