//! Prints the TypeScript declarations of the protocol, for `pkg/src/protocol.ts`.

fn main() {
    print!("{}", handlens::protocol::typescript());
}
