//! The stack and the memo of a pickle, as far as names are concerned: which texts, imports and
//! objects lie where, so that a call can be told with what it calls. Nothing is run or built.

use std::collections::BTreeMap;

use super::operations::{Argument, Operation};

/// Values on the stack and in the memo beyond which no more are kept; the names of what would
/// come from them are then not known. Fitted models stay far below.
const MOST_KEPT: usize = 2_000_000;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Symbol<'a> {
    Mark,
    Text(&'a [u8]),
    /// A global, by its number.
    Global(usize),
    /// What a global made.
    Made(usize),
    Other,
}

/// What an operation would do in Python.
#[derive(Debug, PartialEq)]
pub(super) enum Deed<'a> {
    /// It would import a module and fetch a name in it; no names where they are computed.
    Import(Option<[&'a [u8]; 2]>),
    /// It would call a global, by its number, where it is known.
    Call(Option<usize>),
    /// It would give an object its state.
    SetState(Option<usize>),
}

#[derive(Default)]
pub(super) struct Stack<'a> {
    symbols: Vec<Symbol<'a>>,
    memo: BTreeMap<u64, Symbol<'a>>,
    n_globals: usize,
    /// Whether something was taken that was not there.
    pub is_broken: bool,
}

impl<'a> Stack<'a> {
    fn push(&mut self, symbol: Symbol<'a>) {
        if self.symbols.len() < MOST_KEPT {
            self.symbols.push(symbol);
        }
    }

    fn pop(&mut self) -> Symbol<'a> {
        self.is_broken |= self.symbols.is_empty();
        self.symbols.pop().unwrap_or(Symbol::Other)
    }

    fn pop_many(&mut self, n: usize) {
        for _ in 0..n {
            self.pop();
        }
    }

    /// Takes all above the last mark, and the mark; returns the lowest of them.
    fn pop_to_mark(&mut self) -> Symbol<'a> {
        let mut lowest = Symbol::Other;
        while let Some(symbol) = self.symbols.pop() {
            if symbol == Symbol::Mark {
                return lowest;
            }
            lowest = symbol;
        }
        self.is_broken = true;
        lowest
    }

    fn keep(&mut self, key: Option<u64>) {
        let top = self.symbols.last().copied().unwrap_or(Symbol::Other);
        self.is_broken |= self.symbols.is_empty();
        let key = key.unwrap_or(self.memo.len() as u64);
        if self.memo.len() < MOST_KEPT {
            self.memo.insert(key, top);
        }
    }

    fn recall(&mut self, key: Option<u64>) {
        let kept = key.and_then(|key| self.memo.get(&key).copied());
        self.push(kept.unwrap_or(Symbol::Other));
    }

    /// A global that was named; its number is the next.
    fn import(&mut self, names: Option<[&'a [u8]; 2]>) -> Deed<'a> {
        self.push(Symbol::Global(self.n_globals));
        self.n_globals += 1;
        Deed::Import(names)
    }

    fn call(&mut self, callee: Symbol<'a>) -> Deed<'a> {
        let global = match callee {
            Symbol::Global(global) => Some(global),
            _ => None,
        };
        self.push(global.map_or(Symbol::Other, Symbol::Made));
        Deed::Call(global)
    }

    /// Follows one operation; tells what it would do beyond moving values. `INST` imports and
    /// calls at once.
    pub(super) fn follow(&mut self, operation: &Operation<'a>) -> Vec<Deed<'a>> {
        let key = key_of(operation.argument);
        match operation.opcode.name {
            "MARK" => self.push(Symbol::Mark),
            "POP" => self.pop_many(1),
            "POP_MARK" | "APPENDS" | "SETITEMS" | "ADDITEMS" => {
                self.pop_to_mark();
            }
            "DUP" => {
                let top = self.symbols.last().copied().unwrap_or(Symbol::Other);
                self.push(top);
            }
            "PUT" | "BINPUT" | "LONG_BINPUT" => self.keep(key),
            "MEMOIZE" => self.keep(None),
            "GET" | "BINGET" | "LONG_BINGET" => self.recall(key),
            "LIST" | "TUPLE" | "DICT" | "FROZENSET" => {
                self.pop_to_mark();
                self.push(Symbol::Other);
            }
            "APPEND" | "STOP" => self.pop_many(1),
            "SETITEM" => self.pop_many(2),
            "TUPLE1" | "BINPERSID" => self.replace(1),
            "TUPLE2" => self.replace(2),
            "TUPLE3" => self.replace(3),
            "PROTO" | "FRAME" | "READONLY_BUFFER" => {}
            "GLOBAL" => return vec![self.import(names_of(operation.argument))],
            "STACK_GLOBAL" => {
                let names = match (self.pop(), self.pop()) {
                    (Symbol::Text(name), Symbol::Text(module)) => Some([module, name]),
                    _ => None,
                };
                return vec![self.import(names)];
            }
            "EXT1" | "EXT2" | "EXT4" => return vec![self.import(None)],
            "REDUCE" | "NEWOBJ" => {
                self.pop_many(1);
                let callee = self.pop();
                return vec![self.call(callee)];
            }
            "NEWOBJ_EX" => {
                self.pop_many(2);
                let callee = self.pop();
                return vec![self.call(callee)];
            }
            "OBJ" => {
                let callee = self.pop_to_mark();
                return vec![self.call(callee)];
            }
            "INST" => {
                self.pop_to_mark();
                let import = self.import(names_of(operation.argument));
                let callee = self.pop();
                return vec![import, self.call(callee)];
            }
            "BUILD" => {
                self.pop_many(1);
                let made = match self.symbols.last() {
                    Some(Symbol::Made(global) | Symbol::Global(global)) => Some(*global),
                    _ => None,
                };
                return vec![Deed::SetState(made)];
            }
            _ => self.push(value_of(operation.argument)),
        }
        Vec::new()
    }

    fn replace(&mut self, n: usize) {
        self.pop_many(n);
        self.push(Symbol::Other);
    }
}

fn value_of(argument: Argument<'_>) -> Symbol<'_> {
    match argument {
        Argument::Text(text) | Argument::Line(text) => Symbol::Text(unquoted(text)),
        Argument::Bytes(text) => Symbol::Text(text),
        _ => Symbol::Other,
    }
}

/// The text of `STRING`, which stands in quotes.
fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        text => text,
    }
}

fn names_of(argument: Argument<'_>) -> Option<[&[u8]; 2]> {
    match argument {
        Argument::Lines(names) => Some(names),
        _ => None,
    }
}

fn key_of(argument: Argument<'_>) -> Option<u64> {
    match argument {
        Argument::Unsigned(key) => Some(key),
        Argument::Line(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}
