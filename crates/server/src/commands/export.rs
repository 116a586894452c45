//! `handlens export`: a model in a form that other programs use.

use handlens::error::{Code, Error};
use handlens::export::Outlet;
use handlens::protocol::{Request, Response};
use handlens::session::Session;
use serde::Serialize;

use super::unexpected;
use crate::cli::Export;
use crate::failure::Result;
use crate::input::load_model;
use crate::output::{self, print_json};

/// The page that models go into, as it was when this program was built; empty where it was not.
static SHELL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/single.html"));

/// What `--json` tells of a file that was written.
#[derive(Serialize)]
struct Written<'a> {
    form: &'a str,
    file_name: &'a str,
    media_type: &'a str,
    bytes: usize,
}

fn shell() -> Result<&'static [u8]> {
    if SHELL.is_empty() {
        let message = "This program was built without the page that models go into. Run `cargo xtask build`, then build it again.";
        return Err(Error::new(Code::NotFound, message).into());
    }
    Ok(SHELL)
}

/// Writes the file to `--out`, else to standard output.
pub fn run(options: &Export, is_json: bool) -> Result<()> {
    let mut session = Session::new();
    let model = load_model(&mut session, &options.model)?.model;
    let request = Request::Export {
        model,
        outlet: options.to.clone(),
    };
    let shell = if Outlet::find(&options.to)?.needs_shell {
        shell()?
    } else {
        &[]
    };
    let reply = session.handle(request, shell)?;
    let (
        Response::Exported {
            file_name,
            media_type,
        },
        Some(bytes),
    ) = (reply.response, reply.bytes)
    else {
        return Err(unexpected());
    };
    output::write(options.out.as_deref(), &bytes)?;
    // On standard output stands the file itself.
    if !is_json || options.out.is_none() {
        return Ok(());
    }
    print_json(&Written {
        form: &options.to,
        file_name: &file_name,
        media_type,
        bytes: bytes.len(),
    })
}
