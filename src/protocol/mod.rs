//! The whole outside surface of the core, as data: a [`Request`] goes in, a [`Response`] comes
//! out, and bulk bytes travel beside them.
//!
//! The page, the package, the command line and the server all speak it. Names are snake_case
//! and for ever. Handles (`table`, `model`) are numbers that the session gives out.

mod model;
mod request;
mod response;

pub use crate::evaluate::Evaluation;
pub use model::*;
pub use request::*;
pub use response::*;

/// A table held by the session.
pub type TableId = u32;
/// A model held by the session: in training, trained or loaded.
pub type ModelId = u32;

/// A JSON object by column name: one row to predict.
pub type Record = serde_json::Map<String, serde_json::Value>;

/// TypeScript declarations of [`Request`], [`Response`] and all that they are made of.
#[cfg(feature = "typescript")]
pub fn typescript() -> String {
    use std::collections::BTreeMap;

    use ts_rs::{TS, TypeVisitor};

    #[derive(Default)]
    struct Declarations {
        found: BTreeMap<String, String>,
    }

    impl TypeVisitor for Declarations {
        fn visit<T: TS + 'static + ?Sized>(&mut self) {
            // Numbers, lists and the like need no declaration.
            if T::output_path().is_none() || self.found.contains_key(&T::name()) {
                return;
            }
            self.found.insert(T::name(), T::decl());
            T::visit_dependencies(self);
        }
    }

    let mut declarations = Declarations::default();
    declarations.visit::<Request>();
    declarations.visit::<Response>();
    declarations.visit::<crate::error::Place>();
    let mut text = String::from("// Written by the build from the Rust types; not to be edited.\n");
    for declaration in declarations.found.values() {
        text.push_str(&format!("\nexport {declaration}\n"));
    }
    text
}
