//! The simulated insurer's side of signing: checks requests, signs answers.

use std::collections::HashSet;

use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use dianfu_signing::{
    Algorithm, CheckingKey, KeyError, NONCE_BYTES_MIN, SignedAnswer, SignedRequest, SigningKey, body_sha256, headers,
};
use jiff::Timestamp;

use super::script::{Key, Script};

/// Its keys, and the nonces that were used.
pub struct Seal {
    app_id: String,
    platform_keys: Vec<(String, CheckingKey)>,
    key_id: String,
    own_key: SigningKey,
    /// Signs where the script wants a signature that is wrong.
    wrong_key: SigningKey,
    nonces: HashSet<String>,
}

/// How an answer is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signature {
    /// As it should be.
    Good,
    /// With a key that nobody knows.
    WrongKey,
    /// For another request.
    OtherNonce,
    /// Not at all.
    Missing,
}

impl Seal {
    /// The keys of a script.
    pub fn of(script: &Script) -> Result<Seal, KeyError> {
        let checking = |key: &Key| Ok((key.key_id.clone(), CheckingKey::parse(key.algorithm, &key.text)?));
        Ok(Seal {
            app_id: script.app_id.clone(),
            platform_keys: script.platform_keys.iter().map(checking).collect::<Result<_, KeyError>>()?,
            key_id: script.own_key.key_id.clone(),
            own_key: SigningKey::parse(script.own_key.algorithm, &script.own_key.text)?,
            wrong_key: SigningKey::parse(Algorithm::HmacSha256, &"a key that nobody else knows ".repeat(2))?,
            nonces: HashSet::new(),
        })
    }

    /// The nonce of a request that is signed as it should be; else what is wrong, as a code.
    pub fn check(
        &mut self,
        (method, uri): (&Method, &Uri),
        sent: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<String, &'static str> {
        let text = |name: &str| sent.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (nonce, key_id, digest) = (text(headers::NONCE), text(headers::KEY_ID), text(headers::CONTENT_SHA256));
        if nonce.len() < NONCE_BYTES_MIN {
            return Err("signature_header_invalid");
        }
        let key = self.platform_keys.iter().find(|(id, _)| id == key_id);
        let Some((_, key)) = key.filter(|_| text(headers::APP_ID) == self.app_id) else { return Err("key_unknown") };
        let signed = SignedRequest {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            timestamp: text(headers::TIMESTAMP),
            nonce,
            app_id: &self.app_id,
            key_id,
            body_sha256: digest,
        };
        signed.verify(key, text(headers::SIGNATURE), now).map_err(|_| "signature_wrong")?;
        if body_sha256(body) != digest {
            return Err("body_digest_wrong");
        }
        if self.nonces.insert(nonce.to_owned()) { Ok(nonce.to_owned()) } else { Err("signature_replayed") }
    }

    /// The headers that sign an answer.
    pub fn sign(&self, signature: Signature, (status, body): (u16, &[u8]), nonce: &str, now: Timestamp) -> HeaderMap {
        let (key, nonce) = match signature {
            Signature::Missing => return HeaderMap::new(),
            Signature::Good => (&self.own_key, nonce),
            Signature::WrongKey => (&self.wrong_key, nonce),
            Signature::OtherNonce => (&self.own_key, "the-nonce-of-another-request"),
        };
        let (timestamp, digest) = (now.as_second().to_string(), body_sha256(body));
        let signed = SignedAnswer {
            status,
            request_nonce: nonce,
            timestamp: &timestamp,
            key_id: &self.key_id,
            body_sha256: &digest,
        };
        let signature = signed.sign(key);
        let lower = |name: &str| name.to_ascii_lowercase().try_into().expect("our names are names of headers");
        let value = |text: &str| HeaderValue::from_str(text).expect("what is signed is visible ASCII");
        [
            (headers::KEY_ID, &self.key_id),
            (headers::TIMESTAMP, &timestamp),
            (headers::CONTENT_SHA256, &digest),
            (headers::SIGNATURE, &signature),
        ]
        .into_iter()
        .map(|(name, text)| (lower(name), value(text)))
        .collect()
    }
}
