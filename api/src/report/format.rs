//! The formats of an answer, and which of them a caller wants.

use std::str::FromStr;

use crate::sheet::csv::Csv;
use crate::sheet::html::Html;
use crate::sheet::ndjson::Ndjson;
use crate::sheet::xlsx::Xlsx;
use crate::sheet::{Imprint, Paper, Render, json};

/// A format that leaves the program.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Format {
    /// JSON: over HTTP a page.
    #[default]
    Json,
    /// JSON, one row a line, and a last line that says that it is whole.
    Ndjson,
    /// Comma-separated values: the rows alone.
    Csv,
    /// A page to read and to print.
    Html,
    /// A workbook.
    Xlsx,
}

impl Format {
    /// Every one; what stands earlier is taken where a caller likes several as much.
    pub const ALL: [Format; 5] = [Format::Json, Format::Ndjson, Format::Csv, Format::Html, Format::Xlsx];

    /// The word at every edge, and the end of a file's name.
    pub fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Xlsx => "xlsx",
        }
    }

    /// The media type without parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Ndjson => "application/x-ndjson",
            Format::Csv => "text/csv",
            Format::Html => "text/html",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Html => "text/html; charset=utf-8",
            Format::Json | Format::Ndjson | Format::Xlsx => self.media_type(),
        }
    }

    /// What writes a paper in this format.
    pub fn render(self, paper: Paper, imprint: Imprint) -> Box<dyn Render> {
        match self {
            Format::Json => Box::new(json::Json::new(&paper)),
            Format::Ndjson => Box::new(Ndjson::new(&paper)),
            Format::Csv => Box::new(Csv::new(&paper)),
            Format::Html => Box::new(Html::new(paper, imprint)),
            Format::Xlsx => Box::new(Xlsx::new(paper, imprint)),
        }
    }

    /// The format that the value of an `Accept` header likes best (RFC 9110, section 12.5.1); `None` if it takes none
    /// of ours. Of ranges that match, the most specific counts.
    pub fn accepted(accept: &str) -> Option<Format> {
        let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).collect();
        let mut best: Option<(u16, Format)> = None;
        for format in Format::ALL {
            let matching = ranges.iter().filter(|range| range.matches(format.media_type()));
            let weight = matching.max_by_key(|range| range.specificity()).map_or(0, |range| range.weight);
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, format));
            }
        }
        best.map(|(_, format)| format)
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Format, String> {
        let wanted = || format!("'{word}' is none of {}", Format::ALL.map(Format::word).join(", "));
        Format::ALL.into_iter().find(|format| format.word() == word).ok_or_else(wanted)
    }
}

/// One range of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Range<'a>> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.filter_map(|parameter| parameter.split_once('='));
        let mut weight =
            weight.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q")).map(|(_, value)| value.trim());
        Some(Range { kind, subtype, weight: weight.next().map_or(Some(1_000), thousandths)? })
    }

    fn matches(&self, media_type: &str) -> bool {
        let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
        let is = |range: &str, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        is(self.kind, kind) && is(self.subtype, subtype)
    }

    fn specificity(&self) -> (bool, bool) {
        (self.kind != "*", self.subtype != "*")
    }
}

/// A weight from 0 to 1 with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{whole}{fraction:0<3}").parse().ok()?;
    (thousandths <= 1_000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_liked_best_is_taken() {
        const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, word) in [
            ("*/*", Some("json")),
            ("application/*", Some("json")),
            ("application/json", Some("json")),
            ("text/csv", Some("csv")),
            ("TEXT/CSV; header=present", Some("csv")),
            ("text/*", Some("csv")),
            (BROWSER, Some("html")),
            ("application/x-ndjson, application/json;q=0.5", Some("ndjson")),
            ("application/json;q=0.5, text/csv;q=0.501", Some("csv")),
            ("application/json;q=0, */*", Some("ndjson")),
            ("text/csv;q=0, text/*", Some("html")),
            ("text/html;q=0", None),
            ("image/png", None),
            ("application/pdf, */*;q=0", None),
            ("", None),
            ("nonsense", None),
            ("text/csv;q=2", None),
            ("text/csv;q=x", None),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Some("xlsx")),
        ] {
            assert_eq!(Format::accepted(accept).map(Format::word), word, "{accept}");
        }
    }

    #[test]
    fn a_word_is_a_format_and_back() {
        for format in Format::ALL {
            assert_eq!(format.word().parse(), Ok(format));
        }
        assert_eq!("pdf".parse::<Format>(), Err("'pdf' is none of json, ndjson, csv, html, xlsx".to_owned()));
    }
}
