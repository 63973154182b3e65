//! The vectors that partners get, and that nothing else passes.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

const NOW: i64 = 1_700_000_000;
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// For tests only.
const KEY: &str = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCBrZXk";
const REQUEST: SignedRequest<'static> = SignedRequest {
    method: "POST",
    path: "/v1/remittances",
    query: "",
    timestamp: "1700000000",
    nonce: "0123456789abcdef",
    app_id: "main.picc",
    key_id: "pk_test",
    body_sha256: EMPTY,
};
const ANSWER: SignedAnswer<'static> = SignedAnswer {
    status: 200,
    request_nonce: "0123456789abcdef",
    timestamp: "1700000000",
    key_id: "ik_test",
    body_sha256: EMPTY,
};

/// One line of `vectors.json`.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    what: String,
    algorithm: Algorithm,
    signing_key: String,
    checking_key: String,
    string_to_sign: String,
    signature: String,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn keys(algorithm: Algorithm) -> (SigningKey, CheckingKey) {
    let key = SigningKey::parse(algorithm, KEY).unwrap();
    let checking = CheckingKey::parse(algorithm, &key.checking_text()).unwrap();
    (key, checking)
}

/// What is signed in the vectors.
fn texts() -> [(&'static str, String); 4] {
    let body = body_sha256(b"ISA*00~");
    [
        ("request without a body", REQUEST.string_to_sign()),
        ("request with a query", SignedRequest { query: "b=2&a=1", ..REQUEST }.string_to_sign()),
        ("request with the body ISA*00~", SignedRequest { body_sha256: &body, ..REQUEST }.string_to_sign()),
        ("answer without a body", ANSWER.string_to_sign()),
    ]
}

#[test]
fn the_vectors_are_what_is_signed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors.json");
    let vector = |algorithm: Algorithm, (what, text): (&str, String)| {
        let key = keys(algorithm).0;
        Vector {
            what: what.to_owned(),
            algorithm,
            signing_key: KEY.to_owned(),
            checking_key: key.checking_text(),
            signature: key.sign(&text),
            string_to_sign: text,
        }
    };
    let made: Vec<Vector> =
        Algorithm::ALL.iter().flat_map(|algorithm| texts().map(|text| vector(*algorithm, text))).collect();
    if std::env::var_os("DIANFU_KEEP_VECTORS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let kept: Vec<Vector> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(made, kept, "write it anew: DIANFU_KEEP_VECTORS=1 cargo test -p dianfu-signing");
    for vector in kept {
        let key = CheckingKey::parse(vector.algorithm, &vector.checking_key).unwrap();
        assert!(key.checks(&vector.string_to_sign, &vector.signature), "{vector:?}");
    }
}

/// Computed with OpenSSL, which checks the other vectors, too:
/// `printf 'v1\nPOST\n…\n' | openssl dgst -sha256 -hmac "$SECRET"`.
#[test]
fn signatures_are_those_of_openssl() {
    let (key, _) = keys(Algorithm::HmacSha256);
    let signatures = texts().map(|(_, text)| key.sign(&text));
    assert_eq!(signatures[0], "0671b2f194997534224b526918a2d75b05f74a5ad5a172c26b2b977441f8dcbd");
    assert_eq!(signatures[1], "886cf6b273135708a526035d1bfd6a5e993f8731ecec52bce0902fe3d2b1e81b");
    assert_eq!(signatures[2], "3997819484544261d5ecf1e0f8ce11965281794bccb85208bb3cdcee074a877b");
}

#[test]
fn the_string_has_one_line_a_fact_over_raw_text() {
    let signed = SignedRequest { query: "b=2&a=%41&a=1", ..REQUEST };
    let expected = format!(
        "v1\nPOST\n/v1/remittances\na=%41&a=1&b=2\n1700000000\n0123456789abcdef\nmain.picc\npk_test\n{EMPTY}\n"
    );
    assert_eq!(signed.string_to_sign(), expected);
    assert_eq!(REQUEST.string_to_sign().lines().nth(3), Some(""));
    assert_eq!(ANSWER.string_to_sign(), format!("v1\n200\n0123456789abcdef\n1700000000\nik_test\n{EMPTY}\n"));
    assert_eq!(body_sha256(b""), EMPTY);
}

#[test]
fn any_other_byte_of_a_request_is_another_signature() {
    for algorithm in Algorithm::ALL {
        let (key, checking) = keys(algorithm);
        let signature = REQUEST.sign(&key);
        assert_eq!(REQUEST.verify(&checking, &signature, at(NOW)), Ok(()), "{algorithm:?}");
        for other in [
            SignedRequest { method: "PUT", ..REQUEST },
            SignedRequest { path: "/v1/remittance", ..REQUEST },
            SignedRequest { query: "a=1", ..REQUEST },
            SignedRequest { timestamp: "1700000001", ..REQUEST },
            SignedRequest { nonce: "0123456789abcdeg", ..REQUEST },
            SignedRequest { app_id: "main.cpic", ..REQUEST },
            SignedRequest { key_id: "pk_other", ..REQUEST },
            SignedRequest { body_sha256: "00", ..REQUEST },
        ] {
            assert_eq!(other.verify(&checking, &signature, at(NOW)), Err(Refusal::Wrong), "{algorithm:?} {other:?}");
        }
        for wrong in ["", "00", &signature.to_uppercase(), &format!("{signature}0"), &signature[1..], "书"] {
            assert_eq!(REQUEST.verify(&checking, wrong, at(NOW)), Err(Refusal::Wrong), "{algorithm:?} {wrong}");
        }
    }
}

#[test]
fn an_answer_is_good_for_its_own_request_only() {
    for algorithm in Algorithm::ALL {
        let (key, checking) = keys(algorithm);
        let signature = ANSWER.sign(&key);
        assert_eq!(ANSWER.verify(&checking, &signature, at(NOW)), Ok(()), "{algorithm:?}");
        for other in [
            SignedAnswer { status: 201, ..ANSWER },
            SignedAnswer { request_nonce: "another-nonce-of-16", ..ANSWER },
            SignedAnswer { timestamp: "1700000001", ..ANSWER },
            SignedAnswer { key_id: "ik_other", ..ANSWER },
            SignedAnswer { body_sha256: "00", ..ANSWER },
        ] {
            assert_eq!(other.verify(&checking, &signature, at(NOW)), Err(Refusal::Wrong), "{algorithm:?} {other:?}");
        }
    }
}

#[test]
fn another_key_is_another_signature() {
    for algorithm in Algorithm::ALL {
        let signature = REQUEST.sign(&keys(algorithm).0);
        let other = SigningKey::parse(algorithm, "YW5vdGhlciBrZXksIGZvciB0ZXN0cyBvbmx5IDEyMzQ").unwrap();
        let checking = CheckingKey::parse(algorithm, &other.checking_text()).unwrap();
        assert_eq!(REQUEST.verify(&checking, &signature, at(NOW)), Err(Refusal::Wrong), "{algorithm:?}");
    }
}

#[test]
fn the_window_is_closed_on_both_sides() {
    let (key, checking) = keys(Algorithm::HmacSha256);
    let signature = REQUEST.sign(&key);
    let verdict = |second| REQUEST.verify(&checking, &signature, at(second));
    assert_eq!(verdict(NOW + 300), Ok(()));
    assert_eq!(verdict(NOW - 300), Ok(()));
    assert_eq!(verdict(NOW + 301), Err(Refusal::OutsideWindow { late_by_s: 301 }));
    assert_eq!(verdict(NOW - 301), Err(Refusal::OutsideWindow { late_by_s: -301 }));
}

#[test]
fn a_timestamp_that_is_no_number_is_no_signature() {
    let (key, checking) = keys(Algorithm::HmacSha256);
    for timestamp in ["", "now", "1e9", "99999999999999999999"] {
        let signed = SignedRequest { timestamp, ..REQUEST };
        assert_eq!(signed.verify(&checking, &signed.sign(&key), at(NOW)), Err(Refusal::Wrong));
    }
}

#[test]
fn what_is_no_key_is_refused_and_never_shown() {
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_word(algorithm.word()), Some(algorithm));
        for text in ["", "short", &KEY[1..], "书"] {
            let signing = SigningKey::parse(algorithm, text).unwrap_err();
            let checking = CheckingKey::parse(algorithm, text).unwrap_err();
            for error in [signing, checking] {
                assert_eq!(error.algorithm, algorithm);
                assert!(text.is_empty() || !error.to_string().contains(text) || text == "short", "{error}");
            }
        }
        let (key, checking) = keys(algorithm);
        assert!(!format!("{key:?} {checking:?}").contains(KEY), "{algorithm:?}");
    }
    assert_eq!(Algorithm::from_word("md5"), None);
}

proptest! {
    #[test]
    fn hexadecimal_comes_back(bytes: Vec<u8>) {
        prop_assert_eq!(digest::bytes_of(&digest::hexadecimal(&bytes)), Some(bytes));
    }
}
