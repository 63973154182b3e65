//! A client of HTTP for tests.

/// A client with connections of its own. TLS is told whose ciphers to use before it is made, as the program does.
pub fn http_client() -> reqwest::Client {
    // Whoever installed them before has the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().expect("nothing of this depends on the machine")
}
