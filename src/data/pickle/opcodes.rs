//! The operations of pickles, protocols 0 to 5: their codes, names and arguments.
//!
//! Reference: Python's `pickletools`, which documents each of them.

/// One operation.
#[derive(Debug)]
pub struct Opcode {
    /// Its byte.
    pub code: u8,
    /// Its name in `pickletools`.
    pub name: &'static str,
    /// What follows the byte.
    pub form: Form,
    /// The first protocol that has it.
    pub protocol: u8,
}

/// What follows the byte of an operation. Numbers are little-endian but for [`Form::Float8`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Nothing,
    /// A number of so many bytes.
    Unsigned(usize),
    /// A number of four bytes with a sign.
    Signed4,
    /// A number of eight bytes, big-endian.
    Float8,
    /// A length of so many bytes, and an integer in two's complement.
    Long(usize),
    /// A length of so many bytes, and bytes.
    Bytes(usize),
    /// A length of so many bytes, and text in UTF-8.
    Text(usize),
    /// A line of text, without its end.
    Line,
    /// Two lines.
    Lines,
}

const fn op(code: u8, name: &'static str, form: Form, protocol: u8) -> Opcode {
    Opcode {
        code,
        name,
        form,
        protocol,
    }
}

/// Every operation, by its code.
static OPCODES: &[Opcode] = &[
    op(0x28, "MARK", Form::Nothing, 0),
    op(0x29, "EMPTY_TUPLE", Form::Nothing, 1),
    op(0x2e, "STOP", Form::Nothing, 0),
    op(0x30, "POP", Form::Nothing, 0),
    op(0x31, "POP_MARK", Form::Nothing, 1),
    op(0x32, "DUP", Form::Nothing, 0),
    op(0x42, "BINBYTES", Form::Bytes(4), 3),
    op(0x43, "SHORT_BINBYTES", Form::Bytes(1), 3),
    op(0x46, "FLOAT", Form::Line, 0),
    op(0x47, "BINFLOAT", Form::Float8, 1),
    op(0x49, "INT", Form::Line, 0),
    op(0x4a, "BININT", Form::Signed4, 1),
    op(0x4b, "BININT1", Form::Unsigned(1), 1),
    op(0x4c, "LONG", Form::Line, 0),
    op(0x4d, "BININT2", Form::Unsigned(2), 1),
    op(0x4e, "NONE", Form::Nothing, 0),
    op(0x50, "PERSID", Form::Line, 0),
    op(0x51, "BINPERSID", Form::Nothing, 1),
    op(0x52, "REDUCE", Form::Nothing, 0),
    op(0x53, "STRING", Form::Line, 0),
    op(0x54, "BINSTRING", Form::Bytes(4), 1),
    op(0x55, "SHORT_BINSTRING", Form::Bytes(1), 1),
    op(0x56, "UNICODE", Form::Line, 0),
    op(0x58, "BINUNICODE", Form::Text(4), 1),
    op(0x5d, "EMPTY_LIST", Form::Nothing, 1),
    op(0x61, "APPEND", Form::Nothing, 0),
    op(0x62, "BUILD", Form::Nothing, 0),
    op(0x63, "GLOBAL", Form::Lines, 0),
    op(0x64, "DICT", Form::Nothing, 0),
    op(0x65, "APPENDS", Form::Nothing, 1),
    op(0x67, "GET", Form::Line, 0),
    op(0x68, "BINGET", Form::Unsigned(1), 1),
    op(0x69, "INST", Form::Lines, 0),
    op(0x6a, "LONG_BINGET", Form::Unsigned(4), 1),
    op(0x6c, "LIST", Form::Nothing, 0),
    op(0x6f, "OBJ", Form::Nothing, 1),
    op(0x70, "PUT", Form::Line, 0),
    op(0x71, "BINPUT", Form::Unsigned(1), 1),
    op(0x72, "LONG_BINPUT", Form::Unsigned(4), 1),
    op(0x73, "SETITEM", Form::Nothing, 0),
    op(0x74, "TUPLE", Form::Nothing, 0),
    op(0x75, "SETITEMS", Form::Nothing, 1),
    op(0x7d, "EMPTY_DICT", Form::Nothing, 1),
    op(0x80, "PROTO", Form::Unsigned(1), 2),
    op(0x81, "NEWOBJ", Form::Nothing, 2),
    op(0x82, "EXT1", Form::Unsigned(1), 2),
    op(0x83, "EXT2", Form::Unsigned(2), 2),
    op(0x84, "EXT4", Form::Signed4, 2),
    op(0x85, "TUPLE1", Form::Nothing, 2),
    op(0x86, "TUPLE2", Form::Nothing, 2),
    op(0x87, "TUPLE3", Form::Nothing, 2),
    op(0x88, "NEWTRUE", Form::Nothing, 2),
    op(0x89, "NEWFALSE", Form::Nothing, 2),
    op(0x8a, "LONG1", Form::Long(1), 2),
    op(0x8b, "LONG4", Form::Long(4), 2),
    op(0x8c, "SHORT_BINUNICODE", Form::Text(1), 4),
    op(0x8d, "BINUNICODE8", Form::Text(8), 4),
    op(0x8e, "BINBYTES8", Form::Bytes(8), 4),
    op(0x8f, "EMPTY_SET", Form::Nothing, 4),
    op(0x90, "ADDITEMS", Form::Nothing, 4),
    op(0x91, "FROZENSET", Form::Nothing, 4),
    op(0x92, "NEWOBJ_EX", Form::Nothing, 4),
    op(0x93, "STACK_GLOBAL", Form::Nothing, 4),
    op(0x94, "MEMOIZE", Form::Nothing, 4),
    op(0x95, "FRAME", Form::Unsigned(8), 4),
    op(0x96, "BYTEARRAY8", Form::Bytes(8), 5),
    op(0x97, "NEXT_BUFFER", Form::Nothing, 5),
    op(0x98, "READONLY_BUFFER", Form::Nothing, 5),
];

/// The operation of a byte.
pub(super) fn of(code: u8) -> Option<&'static Opcode> {
    let place = OPCODES.binary_search_by_key(&code, |opcode| opcode.code);
    place.ok().and_then(|place| OPCODES.get(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_is_found_by_its_byte() {
        assert_eq!(OPCODES.len(), 68);
        for opcode in OPCODES {
            assert_eq!(of(opcode.code).map(|found| found.name), Some(opcode.name));
        }
        assert!(of(b'x').is_none());
    }
}
