//! What is asked for on a claim: a review by the rules, a reviewer's ruling, an offer to a pharmacy.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

use super::time;

/// A review by the rules in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReview)]
pub struct ReviewBody {
    /// The day of the review.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub on: Date,
    /// Why, at most 2,000 bytes.
    #[serde(default)]
    pub reason: String,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    pub as_of_event: Option<i32>,
}

/// What a reviewer says of a claim that the rules leave to one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRuling)]
pub struct RulingBody {
    /// Whether the claim may go on.
    pub approve: bool,
    /// Why, in codes of lower-case letters, digits and `_`: one at least for a rejection, and for an approval in spite
    /// of a rule.
    #[serde(default)]
    #[schema(example = json!(["doctor_confirmed"]))]
    pub reasons: Vec<String>,
    /// The day of the review.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub on: Date,
    /// Why, in words, at most 2,000 bytes.
    #[serde(default)]
    pub reason: String,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    pub as_of_event: Option<i32>,
}

/// An offer of an order to a pharmacy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOffer)]
pub struct OfferBody {
    /// Counts the offers of the claim, from 1.
    pub offer_no: i32,
    /// The pharmacy.
    #[schema(example = "red-cross")]
    pub pharmacy: String,
    /// Until when it may answer.
    #[serde(deserialize_with = "that_instant")]
    #[schema(value_type = String, format = DateTime)]
    pub respond_by: Timestamp,
    /// The day of the offer.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub on: Date,
    /// Why, at most 2,000 bytes.
    #[serde(default)]
    pub reason: String,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    pub as_of_event: Option<i32>,
}

fn that_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    time::instant(deserializer)?.ok_or_else(|| de::Error::custom("a time such as 2026-05-01T08:00:00Z is needed"))
}
