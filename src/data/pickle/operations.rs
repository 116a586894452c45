//! The operations of a pickle, one after the other, read and never run.

use super::opcodes::{self, Form, Opcode};
use crate::error::{Code, Error, Result};

/// Characters of an argument that are shown.
const MOST_SHOWN: usize = 80;

/// An operation where it stands.
#[derive(Debug)]
pub struct Operation<'a> {
    /// Place of its byte in the file.
    pub position: usize,
    /// What it is.
    pub opcode: &'static Opcode,
    /// What it is given.
    pub argument: Argument<'a>,
}

/// What an operation is given, as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Argument<'a> {
    /// Nothing.
    Nothing,
    /// A count or a key.
    Unsigned(u64),
    /// An integer.
    Signed(i32),
    /// A number.
    Float(f64),
    /// An integer in two's complement, little-endian.
    Long(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text, as it should be UTF-8.
    Text(&'a [u8]),
    /// A line.
    Line(&'a [u8]),
    /// Two lines.
    Lines([&'a [u8]; 2]),
}

/// Reads operation after operation, up to `STOP`, the end, or the first that cannot be read.
pub struct Operations<'a> {
    bytes: &'a [u8],
    position: usize,
    is_over: bool,
}

impl<'a> Operations<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            position: 0,
            is_over: false,
        }
    }

    /// The place after the last operation that was read.
    pub fn position(&self) -> usize {
        self.position
    }

    fn read(&mut self) -> Result<Operation<'a>> {
        let position = self.position;
        let ends = |what: &str| {
            let message = format!(
                "The file ends within {what} that begins at byte {position}: it is cut off, or damaged."
            );
            Error::new(Code::BadArtifact, message)
        };
        let mut rest = Rest(self.bytes.get(position..).unwrap_or_default());
        let code = rest.number(1).ok_or_else(|| ends("the operation"))? as u8;
        let opcode = opcodes::of(code).ok_or_else(|| {
            let message = format!("Byte {position}, 0x{code:02x}, is no operation of a pickle.");
            Error::new(Code::BadArtifact, message)
        })?;
        let argument = rest
            .argument(opcode.form)
            .ok_or_else(|| ends(opcode.name))?;
        self.position = self.bytes.len() - rest.0.len();
        Ok(Operation {
            position,
            opcode,
            argument,
        })
    }
}

impl<'a> Iterator for Operations<'a> {
    type Item = Result<Operation<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read();
        self.is_over = !matches!(&read, Ok(operation) if operation.opcode.name != "STOP");
        Some(read)
    }
}

/// What is left of the file. `None` where it ends too early.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, n_bytes: usize) -> Option<u64> {
        let bytes = self.take(n_bytes)?;
        let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(bytes.iter().rev().fold(0, shift))
    }

    fn counted(&mut self, n_bytes: usize) -> Option<&'a [u8]> {
        // A length beyond the memory of this machine is beyond the file, too.
        let length = usize::try_from(self.number(n_bytes)?).ok()?;
        self.take(length)
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let line = self.take(end)?;
        self.take(1)?;
        Some(line)
    }

    fn argument(&mut self, form: Form) -> Option<Argument<'a>> {
        Some(match form {
            Form::Nothing => Argument::Nothing,
            Form::Unsigned(n) => Argument::Unsigned(self.number(n)?),
            Form::Signed4 => Argument::Signed(self.number(4)? as u32 as i32),
            Form::Float8 => {
                let bytes = self.take(8)?.first_chunk::<8>()?;
                Argument::Float(f64::from_be_bytes(*bytes))
            }
            Form::Long(n) => Argument::Long(self.counted(n)?),
            Form::Bytes(n) => Argument::Bytes(self.counted(n)?),
            Form::Text(n) => Argument::Text(self.counted(n)?),
            Form::Line => Argument::Line(self.line()?),
            Form::Lines => Argument::Lines([self.line()?, self.line()?]),
        })
    }
}

impl Argument<'_> {
    /// As people read it, cut where it is long.
    pub fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Nothing => return None,
            Self::Unsigned(number) => number.to_string(),
            Self::Signed(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Long(bytes) => integer(bytes),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::Text(bytes) | Self::Line(bytes) => text(bytes),
            Self::Lines([first, second]) => format!("{} {}", text(first), text(second)),
        })
    }
}

fn integer(bytes: &[u8]) -> String {
    let Some(last) = bytes.last() else {
        return "0".into();
    };
    if bytes.len() > 16 {
        return format!("an integer of {} bytes", bytes.len());
    }
    let start = if *last < 128 { 0 } else { -1 };
    let shift = |sum: i128, byte: &u8| sum << 8 | i128::from(*byte);
    bytes.iter().rev().fold(start, shift).to_string()
}

/// Text of a file, cut where it is long.
pub(super) fn text(bytes: &[u8]) -> String {
    // No character takes more than four bytes.
    let is_cut = bytes.len() > 4 * MOST_SHOWN;
    let head = if is_cut {
        bytes.get(..4 * MOST_SHOWN)
    } else {
        Some(bytes)
    };
    let text = String::from_utf8_lossy(head.unwrap_or_default());
    let mut shown: String = text.chars().take(MOST_SHOWN).collect();
    if is_cut || text.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
