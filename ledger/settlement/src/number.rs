//! The numbers by which parties and documents are known, one type each.
//!
//! A number is ASCII letters, digits, `-` and `_`, so that it can stand as a party in an account code, as an open item,
//! in a file name and in a bank's reference without quoting.

/// Why a text is no number of its kind.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} has 1 to {bytes_max} letters, digits, '-' or '_'; '{given}' does not")]
pub struct NumberError {
    /// What the number was for.
    pub what: &'static str,
    /// The longest it may be.
    pub bytes_max: usize,
    /// What was given, cut to 80 characters.
    pub given: String,
}

/// Checks a text against the shape that all numbers share.
pub fn check(text: &str, what: &'static str, bytes_max: usize) -> Result<(), NumberError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=bytes_max).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(());
    }
    Err(NumberError { what, bytes_max, given: text.chars().take(80).collect() })
}

/// Defines a number type: `number_type!(/// What it numbers. Name, "what it is called", longest in bytes)`.
#[macro_export]
macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes_max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes a text.
            pub fn parse(text: &str) -> Result<$name, $crate::number::NumberError> {
                $crate::number::check(text, $what, $bytes_max).map(|()| $name(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::number::NumberError;

            fn try_from(text: String) -> Result<$name, $crate::number::NumberError> {
                $crate::number::check(&text, $what, $bytes_max).map(|()| $name(text))
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> String {
                number.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

number_type!(
    /// An insurer, a pharmacy, a patient, one of our bank accounts or a collection channel: the `picc` of `1101.picc`.
    /// For a patient it is a number of ours, never a name or an identity number.
    PartyNo,
    "a party number",
    40
);
number_type!(
    /// A payout batch. Short enough that the numbers of its payouts still fit.
    BatchNo,
    "a batch number",
    24
);
number_type!(
    /// One payment to one payee. It goes to the bank as ISO 20022 `EndToEndId`, which has 35 characters.
    PayoutId,
    "a payout number",
    35
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_where_it_is_used() {
        assert_eq!(PartyNo::parse("picc").unwrap().as_str(), "picc");
        for bad in ["", "a.b", "a b", "张", "a/b", &"x".repeat(41)] {
            assert!(PartyNo::parse(bad).is_err(), "{bad}");
        }
        assert!(PayoutId::parse(&"x".repeat(35)).is_ok());
        assert!(PayoutId::parse(&"x".repeat(36)).is_err());
    }

    #[test]
    fn a_number_is_checked_on_its_way_in() {
        assert!(serde_json::from_str::<BatchNo>("\"B-1\"").is_ok());
        assert!(serde_json::from_str::<BatchNo>("\"B 1\"").is_err());
    }
}
