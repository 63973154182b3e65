//! What of a body may be kept: everything but what names a person or says what he has, and but documents.
//!
//! Members are masked by name ([`SENSITIVE`]), with all that is below them. What was found there is then looked for in
//! every other text of the body, names of members included, and such a text is masked as a whole: a partner may repeat
//! a name in an error. In an answer, what was secret in its request is looked for, too. Pure.

use serde_json::{Map, Value};

/// What stands in place of what is masked.
pub const MASK: &str = "***";

/// The names of members whose values are never kept, in any case and however joined (`idNumber`, `id_number`).
pub const SENSITIVE: [&str; 30] = [
    "accountno",
    "address",
    "bankaccount",
    "bankcard",
    "birthdate",
    "birthday",
    "cardno",
    "cardnumber",
    "content",
    "dateofbirth",
    "diagnosis",
    "diagnosiscode",
    "doctorname",
    "email",
    "holder",
    "iban",
    "idcard",
    "identityno",
    "identitynumber",
    "idno",
    "idnumber",
    "mobile",
    "name",
    "patientname",
    "patienttoken",
    "phone",
    "phonenumber",
    "reference",
    "sealed",
    "telephone",
];

/// The shortest text that is looked for outside its member, in characters: a Chinese name may have two.
const FOUND_CHARACTERS_MIN: usize = 2;

/// What is secret in some bodies.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// What is secret in a body; nothing if it is no JSON.
    pub fn of(body: &[u8]) -> Secrets {
        Secrets::default().and(body)
    }

    /// These, and what is secret in another body.
    #[must_use]
    pub fn and(&self, body: &[u8]) -> Secrets {
        let mut secrets = self.0.clone();
        if let Ok(value) = serde_json::from_slice(body) {
            collect(&value, false, &mut secrets);
        }
        Secrets(secrets)
    }

    /// The body without them; `None` if it is no JSON.
    pub fn masked(&self, body: &[u8]) -> Option<String> {
        let value = self.mask(serde_json::from_slice(body).ok()?);
        Some(value.to_string())
    }

    fn mask(&self, value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mask = |(name, value): (String, Value)| {
                    let value = if is_sensitive(&name) { Value::from(MASK) } else { self.mask(value) };
                    (if self.are_in(&name) { MASK.to_owned() } else { name }, value)
                };
                Value::Object(members.into_iter().map(mask).collect::<Map<_, _>>())
            }
            Value::Array(values) => values.into_iter().map(|value| self.mask(value)).collect(),
            Value::String(text) if self.are_in(&text) => Value::from(MASK),
            Value::Number(number) if self.are_in(&number.to_string()) => Value::from(MASK),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value,
        }
    }

    fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret))
    }
}

/// Everything that is written at or below sensitive members.
fn collect(value: &Value, is_secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if is_secret {
                    secret(name, secrets);
                }
                collect(value, is_secret || is_sensitive(name), secrets);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, is_secret, secrets)),
        Value::String(text) if is_secret => secret(text, secrets),
        Value::Number(number) if is_secret => secret(&number.to_string(), secrets),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn secret(text: &str, secrets: &mut Vec<String>) {
    if text.chars().count() >= FOUND_CHARACTERS_MIN {
        secrets.push(text.to_owned());
    }
}

fn is_sensitive(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect();
    SENSITIVE.binary_search(&&*plain).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn masked(body: &Value) -> Value {
        let body = body.to_string().into_bytes();
        serde_json::from_str(&Secrets::of(&body).masked(&body).unwrap()).unwrap()
    }

    #[test]
    fn the_names_are_in_order_to_be_found() {
        assert!(SENSITIVE.is_sorted());
        for name in ["name", "Name", "id_number", "idNumber", "ID-Number", "bank card", "patient_token"] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["claim_no", "amount", "names", "insurer_claim_no", ""] {
            assert!(!is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn what_names_a_person_is_masked_wherever_it_stands() {
        let body = json!({
            "claim_no": "CLM-1",
            "patient": {"name": "张三", "id_number": "110101199003070011", "age": 36},
            "address": {"city": "武汉", "lines": ["汉口路 1 号"]},
            "phone": 13_800_000_000_u64,
            "detail": "病人张三 has no policy",
            "13800000000": [true, null, 13_800_000_000_u64, "x"],
        });
        let expected = json!({
            "claim_no": "CLM-1",
            "patient": {"name": "***", "id_number": "***", "age": 36},
            "address": "***",
            "phone": "***",
            "detail": "***",
            "***": [true, null, "***", "x"],
        });
        assert_eq!(masked(&body), expected);
    }

    #[test]
    fn what_was_secret_in_a_request_is_masked_in_its_answer() {
        let (request, answer) = (br#"{"name":"Zhang San"}"#, br#"{"code":"x","title":"no Zhang San here"}"#);
        let secrets = Secrets::of(request).and(answer);
        assert_eq!(secrets.masked(answer).unwrap(), r#"{"code":"x","title":"***"}"#);
        assert_eq!(secrets.masked(b"<html>Zhang San"), None);
        assert_eq!(secrets.masked(b""), None);
    }

    /// Texts that no other member has by chance.
    fn secret_text() -> impl Strategy<Value = String> {
        "[A-Z]{4,8}[0-9]{4}|[\\u{4e00}-\\u{4eff}]{3,5}|[\"\\\\\\n]{3}[A-Z]{6}"
    }

    /// JSON of some depth in which the secrets stand at sensitive members and elsewhere.
    fn document(secrets: Vec<String>) -> impl Strategy<Value = Value> {
        let one = prop::sample::select(secrets);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..100_u32).prop_map(Value::from),
            "[a-z ]{0,6}".prop_map(Value::from),
            ("[a-z ]{0,4}", one.clone(), "[a-z ]{0,4}").prop_map(|(a, b, c)| Value::from(format!("{a}{b}{c}"))),
        ];
        let name = prop_oneof![prop::sample::select(SENSITIVE.to_vec()).prop_map(str::to_owned), "[a-z_]{1,6}", one];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_secret_of_a_body_is_kept(
            (secrets, document) in prop::collection::vec(secret_text(), 1..4)
                .prop_flat_map(|secrets| (Just(secrets.clone()), document(secrets)))
        ) {
            let mut body = json!({"claim_no": "c", "said": document});
            body["patient_name"] = secrets.clone().into();
            let kept = masked(&body);
            let mut texts = Vec::new();
            collect(&kept, true, &mut texts);
            for secret in &secrets {
                prop_assert!(!texts.iter().any(|text| text.contains(secret)), "{secret} in {kept}");
            }
            prop_assert_eq!(&kept["claim_no"], "c");
        }
    }
}
