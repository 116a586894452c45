//! A model as one page: an `.html` file that carries the model, the small module that predicts with
//! it and a form, and asks for no network.
//!
//! The page without a model, its *shell*, is built with the site and given by whoever exports. It
//! has one place for the artifact, a data block that a browser does not run. What goes in is base64,
//! so nothing that a column or a level is called can become part of the page.

use super::Artifact;
use crate::error::{Code, Error, Result};

/// Where the artifact goes in: between these two.
const PLACE: [&str; 2] = [
    "<script type=\"application/octet-stream\" id=\"model\">",
    "</script>",
];

/// The digits of base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes the page of a model into a shell.
///
/// # Errors
/// [`Code::BadRequest`] where the shell has no place for a model.
pub(super) fn write(artifact: &Artifact, shell: &[u8]) -> Result<Vec<u8>> {
    let shell = std::str::from_utf8(shell).map_err(|_| no_place())?;
    let (before, after) = shell.split_once(&PLACE.concat()).ok_or_else(no_place)?;
    let model = base64(&artifact.to_bytes()?);
    Ok([before, PLACE[0], &model, PLACE[1], after]
        .concat()
        .into_bytes())
}

fn no_place() -> Error {
    let message = "The page that the model goes into is missing or has no place for it. Give the file single.html of the build beside the request.";
    Error::new(Code::BadRequest, message).in_field("bytes")
}

/// Bytes as base64 with its padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            text.push(match digit <= chunk.len() {
                true => char::from(DIGITS[(word >> (18 - 6 * digit) & 63) as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}
