//! Partners sign what they hand in. The signing here is written from the document, a second time.

use dianfu_api::Limits;
use dianfu_api::auth::{PartnerKey, create_partner_key, revoke_partner_key};
use dianfu_ledger::clock;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, RequestBuilder};
use sha2::{Digest, Sha256};

use super::{Api, Node, Reply, main_book, partner_key};

/// What a partner sends; tests change one thing and see it refused.
#[derive(Clone)]
pub struct Signed<'a> {
    key: &'a PartnerKey,
    method: Method,
    path: &'a str,
    query: &'a str,
    timestamp: i64,
    nonce: String,
    body: Vec<u8>,
}

impl<'a> Signed<'a> {
    pub fn post(key: &'a PartnerKey, nonce: &str, body: impl Into<Vec<u8>>) -> Signed<'a> {
        let (path, timestamp) = ("/v1/remittances", clock::now().as_second());
        let nonce = format!("nonce-of-the-test-{nonce}");
        Signed { key, method: Method::POST, path, query: "", timestamp, nonce, body: body.into() }
    }

    pub fn query(self, query: &'a str) -> Signed<'a> {
        Signed { query, ..self }
    }

    fn body_sha256(&self) -> String {
        hexadecimal(&Sha256::digest(&self.body))
    }

    fn signature(&self) -> String {
        let PartnerKey { app_id, key_id, secret } = self.key;
        let text = format!(
            "v1\n{}\n{}\n{}\n{}\n{}\n{app_id}\n{key_id}\n{}\n",
            self.method,
            self.path,
            self.query,
            self.timestamp,
            self.nonce,
            self.body_sha256()
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        hexadecimal(&mac.finalize().into_bytes())
    }

    pub fn request(&self, api: &Api) -> RequestBuilder {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        api.bare(self.method.clone(), &format!("{}{query}", self.path))
            .header("x-app-id", &self.key.app_id)
            .header("x-key-id", &self.key.key_id)
            .header("x-timestamp", self.timestamp)
            .header("x-nonce", &self.nonce)
            .header("x-content-sha256", self.body_sha256())
            .header("x-signature", self.signature())
            .header("content-type", "application/edi-x12")
            .body(self.body.clone())
    }

    pub async fn send(&self, api: &Api) -> Reply {
        Reply::of(self.request(api).send().await.unwrap()).await
    }

    /// Sends what was signed, with one header changed.
    async fn send_with(&self, api: &Api, header: &str, value: &str) -> Reply {
        let mut request = self.request(api).build().unwrap();
        request.headers_mut().insert(reqwest::header::HeaderName::try_from(header).unwrap(), value.parse().unwrap());
        Reply::of(api.client.execute(request).await.unwrap()).await
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[tokio::test]
async fn a_signature_that_is_not_genuine_is_refused() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    let signed = Signed::post(&key, "wrong", "ISA");
    let other_secret = PartnerKey { secret: "x".repeat(43), ..key.clone() };
    Signed { key: &other_secret, ..signed.clone() }.send(&api).await.problem(401, "signature_wrong");
    for (header, value) in [
        ("x-signature", "00"),
        ("x-signature", &*signed.signature().to_uppercase()),
        ("x-nonce", "another-nonce-of-the-test"),
        ("x-timestamp", &*(signed.timestamp + 1).to_string()),
        ("x-content-sha256", &*"0".repeat(64)),
    ] {
        signed.send_with(&api, header, value).await.problem(401, "signature_wrong");
    }
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_either_way() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    for (away, is_taken) in [(-290, true), (290, true), (-310, false), (310, false)] {
        let signed = Signed::post(&key, &away.to_string(), "");
        let reply = Signed { timestamp: signed.timestamp + away, ..signed }.send(&api).await;
        assert_eq!(reply.status != 401, is_taken, "{away}: {reply:?}");
        if !is_taken {
            reply.problem(401, "signature_late");
        }
    }
}

#[tokio::test]
async fn headers_that_are_missing_or_malformed_are_named() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    let signed = Signed::post(&key, "headers", "");
    for (header, value) in [
        ("x-app-id", "picc"),
        ("x-app-id", "Main.picc"),
        ("x-key-id", ""),
        ("x-timestamp", "yesterday"),
        ("x-nonce", "short"),
        ("x-nonce", &*"n".repeat(129)),
        ("x-content-sha256", "0"),
        ("x-content-sha256", &*"G".repeat(64)),
    ] {
        let reply = signed.send_with(&api, header, value).await;
        reply.problem(401, "signature_header_invalid");
        let named = reply.body["detail"].as_str().unwrap().to_lowercase();
        assert!(named.starts_with(header), "{header} is not named: {named}");
    }
    let mut request = signed.request(&api).build().unwrap();
    request.headers_mut().remove("x-nonce");
    let missing = Reply::of(api.client.execute(request).await.unwrap()).await;
    assert_eq!(missing.problem(401, "signature_header_invalid"), &serde_json::Value::Null);
}

#[tokio::test]
async fn a_key_belongs_to_one_insurer_of_one_book_until_it_ends() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    for app_id in ["main.cpic", "other.picc"] {
        let stolen = PartnerKey { app_id: app_id.to_owned(), ..key.clone() };
        Signed::post(&stolen, app_id, "").send(&api).await.problem(401, "key_unknown");
    }
    let unknown = PartnerKey { key_id: "pk_unknown".to_owned(), ..key.clone() };
    Signed::post(&unknown, "unknown", "").send(&api).await.problem(401, "key_unknown");

    let second = partner_key(&api.database, "picc").await;
    assert_ne!(Signed::post(&key, "first", "").send(&api).await.status, 401);
    assert_ne!(Signed::post(&second, "second", "").send(&api).await.status, 401);
    assert!(revoke_partner_key(&api.database, &main_book(), &key.key_id).await.unwrap());
    assert!(!revoke_partner_key(&api.database, &main_book(), &key.key_id).await.unwrap());
    Signed::post(&key, "revoked", "").send(&api).await.problem(401, "key_unknown");
    assert_ne!(Signed::post(&second, "still", "").send(&api).await.status, 401);

    let owner = api.database.connect_owner().await.unwrap();
    let expire = "UPDATE book_main.partner_key SET expires_at = now() WHERE key_id = $1";
    assert_eq!(owner.execute(expire, &[&second.key_id]).await.unwrap(), 1);
    Signed::post(&second, "expired", "").send(&api).await.problem(401, "key_unknown");
}

#[tokio::test]
async fn a_key_is_made_for_a_party() {
    let api = Api::start().await;
    for insurer in ["", "a.b", "a b", "书"] {
        let error = create_partner_key(&api.database, &main_book(), insurer, None, "test").await.unwrap_err();
        assert!(matches!(error, dianfu_api::Error::InsurerMalformed(_)), "{insurer}");
    }
}

#[tokio::test]
async fn a_signature_opens_nothing_but_remittances() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    for (method, path, query) in [
        (Method::GET, "/v1/entries", "limit=5"),
        (Method::POST, "/v1/entries", ""),
        (Method::POST, "/v1/accounts", ""),
        (Method::GET, "/v1/reports/trial-balance", ""),
    ] {
        let signed = Signed { method, path, query, ..Signed::post(&key, "elsewhere", "") };
        signed.send(&api).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_signature_is_good_once_on_whichever_node() {
    let api = Api::start().await;
    let other = Node::start(&api.database, Limits::default()).await;
    let key = partner_key(&api.database, "picc").await;
    let signed = Signed::post(&key, "once", "ISA");
    signed.send(&api).await.problem(422, "remittance_unbalanced");
    signed.send(&api).await.problem(401, "signature_replayed");
    let mut elsewhere = signed.request(&api).build().unwrap();
    *elsewhere.url_mut() = format!("{}{}", other.base, signed.path).parse().unwrap();
    Reply::of(api.client.execute(elsewhere).await.unwrap()).await.problem(401, "signature_replayed");

    // Another key may use the same nonce: it is another signature.
    let second = partner_key(&api.database, "picc").await;
    Signed { key: &second, ..signed }.send(&api).await.problem(422, "remittance_unbalanced");
}

#[tokio::test]
async fn of_many_at_once_one_signature_is_taken() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    let signed = Signed::post(&key, "race", "ISA");
    let replies = join_all((0..8).map(|_| signed.send(&api))).await;
    let mut codes: Vec<&str> = replies.iter().map(|reply| reply.body["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!((codes[0], &codes[1..]), ("remittance_unbalanced", &["signature_replayed"; 7][..]));
}

#[tokio::test]
async fn a_body_that_was_not_signed_is_refused_and_spends_nothing() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    let signed = Signed::post(&key, "altered", "ISA*1");
    let mut altered = signed.request(&api).build().unwrap();
    *altered.body_mut() = Some("ISA*2".into());
    Reply::of(api.client.execute(altered).await.unwrap()).await.problem(401, "body_digest_wrong");
    signed.send(&api).await.problem(422, "remittance_unbalanced");
}

#[tokio::test]
async fn nonces_are_forgotten_when_their_signatures_are_too_old() {
    let api = Api::start().await;
    let key = partner_key(&api.database, "picc").await;
    let owner = api.database.connect_owner().await.unwrap();
    let old = "INSERT INTO book_main.partner_nonce VALUES
               ('pk', 'forgotten', now() - interval '1201 seconds'), ('pk', 'kept', now() - interval '1100 seconds')";
    owner.batch_execute(old).await.unwrap();
    Signed::post(&key, "sweeps", "ISA").send(&api).await.problem(422, "remittance_unbalanced");
    let rows = owner.query("SELECT nonce FROM book_main.partner_nonce ORDER BY seen_at", &[]).await.unwrap();
    let nonces: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(nonces, ["kept", "nonce-of-the-test-sweeps"]);
}
