//! TLS, where a certificate is given.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::cannot_serve;
use crate::failure::{Failure, Result, shown};
use crate::input::read_file;

/// What opens connections with the certificate and the key of two PEM files; nothing without.
pub fn acceptor(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<TlsAcceptor>> {
    let (Some(certificate), Some(key)) = (certificate, key) else {
        return Ok(None);
    };
    let refuse = |file: &Path, what: &str| {
        Failure::Usage(format!(
            "{} holds no {what} in PEM form (-----BEGIN \u{2026}-----).",
            shown(file)
        ))
    };
    let chain = CertificateDer::pem_slice_iter(&read_file(certificate)?)
        .collect::<std::result::Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| refuse(certificate, "certificate"))?;
    let private =
        PrivateKeyDer::from_pem_slice(&read_file(key)?).map_err(|_| refuse(key, "private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot_serve(format!("TLS cannot be had: {error}.")))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| {
            cannot_serve(format!(
                "The certificate of {} and the key of {} cannot be used together: {error}.",
                shown(certificate),
                shown(key)
            ))
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
