//! A model that answers requests of HTTP, with the bytes that `handlens serve` answers.

use super::Session;
use crate::error::Result;
use crate::protocol::{ModelId, Reply, Response};
use crate::rest::{Answer, Request, Rest};

/// The model that was asked last, as it was then.
pub(super) struct Asked {
    model: ModelId,
    name: String,
    rest: Rest,
}

impl Session {
    /// Answers with one model, which paths and bodies know as `name`.
    pub(super) fn ask(&mut self, model: ModelId, name: String, asked: &Request) -> Result<Reply> {
        let last = self.asked.take();
        let last = last.filter(|last| last.model == model && last.name == name);
        let held = match last {
            Some(held) => held,
            None => {
                let mut rest = Rest::new();
                rest.add(&name, self.model(model)?.artifact())?;
                Asked { model, name, rest }
            }
        };
        let Answer {
            status,
            content_type,
            allow,
            body,
        } = held.rest.answer(asked);
        self.asked = Some(held);
        Ok(Reply {
            response: Response::Answered {
                status,
                content_type,
                allow,
            },
            bytes: Some(body),
        })
    }

    /// The model is another one, or gone.
    pub(super) fn forget_asked(&mut self, model: ModelId) {
        self.asked = self.asked.take().filter(|asked| asked.model != model);
    }
}
