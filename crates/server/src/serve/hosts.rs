//! Which hosts a request may name.
//!
//! A page of another site can point a name of its own at 127.0.0.1 and would then be of the same
//! origin as this server (DNS rebinding). The `Host` header gives it away: it holds that name.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;

/// The hosts under which this server answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// The name or address given by the user.
    given: String,
    /// Whether the server listens at all addresses of the machine, which it does not know.
    is_everywhere: bool,
}

impl Allowed {
    /// The hosts of a server that was told to be `given` and is bound to `bound`.
    pub fn new(given: &str, bound: IpAddr) -> Self {
        Self {
            given: bare(given).to_ascii_lowercase(),
            is_everywhere: bound.is_unspecified(),
        }
    }

    /// Whether a request with these headers is for this server. Exactly one `Host` is.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        match (
            hosts.next().and_then(|host| host.to_str().ok()),
            hosts.next(),
        ) {
            (Some(host), None) => self.admits_host(host),
            _ => false,
        }
    }

    fn admits_host(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        if authority.as_str().contains('@') {
            return false;
        }
        let name = bare(authority.host()).to_ascii_lowercase();
        // An address cannot be rebound: who names it reaches it.
        let is_address = name.parse::<IpAddr>().is_ok();
        matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            || name == self.given
            || (self.is_everywhere && is_address)
    }
}

/// An address of version 6 without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::Allowed;

    fn check(given: &str, bound: &str, host: &str) -> bool {
        Allowed::new(given, bound.parse().unwrap()).admits_host(host)
    }

    #[test]
    fn only_this_machine_and_the_given_host_are_admitted() {
        for (host, is_admitted) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("::1", false),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:8080", false),
            ("evil@localhost", false),
            ("192.168.1.5:8080", false),
            ("", false),
            ("localhost:8080:1", false),
        ] {
            assert_eq!(check("127.0.0.1", "127.0.0.1", host), is_admitted, "{host}");
        }
        assert!(check("lab.example", "192.168.1.5", "lab.example:8080"));
        assert!(check("0.0.0.0", "0.0.0.0", "192.168.1.5:8080"));
        assert!(!check("0.0.0.0", "0.0.0.0", "evil.example"));
    }
}
