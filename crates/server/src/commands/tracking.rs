//! What MLflow's tracking server is asked over REST, and its refusals in sentences.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Body;
use ureq::http::Response;

use crate::failure::{Failure, Result};

/// A server that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A tracking server.
pub(super) struct Tracking {
    /// Its address, without a slash at the end.
    pub address: String,
    agent: ureq::Agent,
}

/// What the server said.
struct Reply {
    status: u16,
    body: Value,
}

impl Tracking {
    /// The server at an address.
    pub fn at(address: &str) -> Result<Self> {
        let address = address.trim_end_matches('/');
        if !address.starts_with("http://") {
            return Err(Failure::Usage(format!(
                "--mlflow wants an address such as http://127.0.0.1:5000; \u{201c}{address}\u{201d} is none. Only plain HTTP is spoken."
            )));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("handlens/", env!("CARGO_PKG_VERSION")));
        Ok(Self {
            address: address.to_owned(),
            agent: config.build().into(),
        })
    }

    /// The id of the experiment of a name, which is made where there is none.
    pub fn experiment(&self, name: &str) -> Result<String> {
        let path = self.api("experiments/get-by-name");
        let asked = self.agent.get(path).query("experiment_name", name).call();
        let reply = self.reply(asked)?;
        if reply.is("RESOURCE_DOES_NOT_EXIST") {
            let made = self.post("experiments/create", &json!({ "name": name }))?;
            return self.text(&made["experiment_id"]);
        }
        let body = self.accepted(reply)?;
        let experiment = &body["experiment"];
        let id = self.text(&experiment["experiment_id"])?;
        if experiment["lifecycle_stage"] == "deleted" {
            return Err(failed(format!(
                "The experiment \u{201c}{name}\u{201d} was deleted on the MLflow server. Restore it (mlflow experiments restore --experiment-id {id}), or name another with --experiment."
            )));
        }
        Ok(id)
    }

    /// Makes a registered model, unless there is one of that name.
    pub fn create_model(&self, name: &str) -> Result<()> {
        let reply = self.send("registered-models/create", &json!({ "name": name }))?;
        if reply.is("RESOURCE_ALREADY_EXISTS") {
            return Ok(());
        }
        self.accepted(reply).map(drop)
    }

    /// Asks for something to be done.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let reply = self.send(path, body)?;
        self.accepted(reply)
    }

    /// Puts a file of a run, whose files stand at `place`.
    pub fn put(&self, place: &str, path: &str, bytes: &[u8]) -> Result<()> {
        let Some(folder) = place.strip_prefix("mlflow-artifacts:/") else {
            return Err(failed(format!(
                "The MLflow server keeps the files of this run at {place}, and does not pass files on. Start it with --artifacts-destination, and name an experiment that was made since."
            )));
        };
        let folder = folder.trim_start_matches('/');
        let url = format!(
            "{}/api/2.0/mlflow-artifacts/artifacts/{folder}/{path}",
            self.address
        );
        let put = self
            .agent
            .put(url)
            .content_type("application/octet-stream")
            .send(bytes);
        let reply = self.reply(put)?;
        self.accepted(reply).map(drop)
    }

    /// A text that the server was to give.
    pub fn text(&self, value: &Value) -> Result<String> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.stranger())
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/2.0/mlflow/{path}", self.address)
    }

    fn send(&self, path: &str, body: &Value) -> Result<Reply> {
        let post = self.agent.post(self.api(path));
        self.reply(
            post.content_type("application/json")
                .send(body.to_string().as_str()),
        )
    }

    fn reply(&self, result: std::result::Result<Response<Body>, ureq::Error>) -> Result<Reply> {
        let mut response = result.map_err(|error| self.unreachable(&error))?;
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        Ok(Reply {
            status: response.status().as_u16(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        })
    }

    /// What the server answered, or its refusal as a sentence.
    fn accepted(&self, reply: Reply) -> Result<Value> {
        let said = reply.body["message"].as_str().unwrap_or_default();
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(" It says: {said}")
        };
        let address = &self.address;
        match reply.status {
            200..=299 => Ok(reply.body),
            401 | 403 => Err(failed(format!(
                "The MLflow server at {address} refuses this program ({}). It may want a login, which is not supported here, or be reached under a name that it does not allow (mlflow server --allowed-hosts).{said}",
                reply.status
            ))),
            _ if reply.body["error_code"].is_string() => Err(failed(format!(
                "The MLflow server at {address} refuses ({}).{said}",
                reply.status
            ))),
            _ => Err(self.stranger()),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        failed(format!(
            "Cannot reach an MLflow server at {}: {error}. Start one with `mlflow server`, or name another address.",
            self.address
        ))
    }

    fn stranger(&self) -> Failure {
        failed(format!(
            "What answers at {} does not speak as an MLflow server does. Give the address of one, without a path.",
            self.address
        ))
    }
}

impl Reply {
    fn is(&self, code: &str) -> bool {
        self.body["error_code"] == code
    }
}

fn failed(message: String) -> Failure {
    Failure::Outside {
        code: "cannot_push",
        message,
    }
}
