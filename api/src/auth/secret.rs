//! The only place that draws secrets.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Characters of a secret: 32 bytes in base64url without padding.
pub const SECRET_LENGTH: usize = 43;

/// 256 bits from the system's generator of random numbers, as text. It begins with a letter or a digit, so that nobody
/// takes it for an option or a formula; that costs a twentieth of one bit.
pub fn draw() -> String {
    loop {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        if secret.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return secret;
        }
    }
}

/// 128 bits, for a name that must not be guessed or met twice, but is no secret.
pub fn draw_name() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_differ() {
        assert_eq!(draw().len(), SECRET_LENGTH);
        assert_ne!(draw(), draw());
        assert!((0..1_000).all(|_| draw().starts_with(|first: char| first.is_ascii_alphanumeric())));
        assert_ne!(draw_name(), draw_name());
    }
}
