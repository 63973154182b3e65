//! The only place that draws secrets.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Characters of a secret: 32 bytes in base64url without padding.
pub const SECRET_LENGTH: usize = 43;

/// 256 bits from the system's generator of random numbers, as text.
pub fn draw() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
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
        assert_ne!(draw_name(), draw_name());
    }
}
