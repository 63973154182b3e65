//! Comments and the tags in them: `see me, item:CLM-1, due:2026-06-01`.

use serde_json::{Map, Value};

use crate::import::transaction::add_text;

/// What a comment says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Comment<'a> {
    /// Tags by name, in order.
    pub tags: Vec<(&'a str, &'a str)>,
    /// The comments that say more than tags, whole.
    pub texts: Vec<&'a str>,
}

impl<'a> Comment<'a> {
    /// Takes in a line of comment, without its semicolon.
    pub fn add(&mut self, line: &'a str) {
        let line = line.trim();
        let mut says_more = false;
        for part in line.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let tag = part.split_once(':').and_then(|(before, value)| {
                let (text, name) = before.rsplit_once(char::is_whitespace).unwrap_or(("", before));
                says_more |= !text.is_empty();
                (!name.is_empty()).then_some((name, value.trim()))
            });
            match tag {
                Some(tag) => self.tags.push(tag),
                None => says_more = true,
            }
        }
        if says_more {
            self.texts.push(line);
        }
    }

    /// Takes out the tags of a name; answers the value of the last.
    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        let mut value = None;
        self.tags.retain(|(tag, of_tag)| {
            let is_it = *tag == name;
            value = if is_it { Some(*of_tag) } else { value };
            !is_it
        });
        value
    }

    /// Whether it gives a single posting a date: `date:2026-05-01`, `[2026-05-01]`, `[=2026-05-01]`.
    pub fn has_date(&self) -> bool {
        let is_date = |text: &str| {
            let inside = text.split('[').skip(1).filter_map(|text| text.split_once(']'));
            inside
                .into_iter()
                .any(|(inside, _)| inside.starts_with(|first: char| first.is_ascii_digit() || first == '='))
        };
        self.tags.iter().any(|(tag, _)| matches!(*tag, "date" | "date2")) || self.texts.iter().any(|text| is_date(text))
    }

    /// Everything that is left, into a map: tags under their names, texts under `comment`.
    pub fn into_map(self, map: &mut Map<String, Value>) {
        for (name, value) in self.tags {
            crate::import::transaction::add(map, name, Value::String(value.to_owned()));
        }
        add_text(map, "comment", &self.texts.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_and_texts_are_kept() {
        let mut comment = Comment::default();
        comment.add(" item:CLM-1 x, due: 2026-06-01 ");
        comment.add("see also:b");
        comment.add("words, only");
        assert_eq!(comment.tags, [("item", "CLM-1 x"), ("due", "2026-06-01"), ("also", "b")]);
        assert_eq!(comment.texts, ["see also:b", "words, only"]);
        assert!(!comment.has_date());
        assert_eq!(comment.take("item"), Some("CLM-1 x"));
        assert_eq!(comment.take("item"), None);
        for text in ["[2026-05-01]", "x [=2026/5/1] y", "date:2026-05-01"] {
            let mut comment = Comment::default();
            comment.add(text);
            assert!(comment.has_date(), "{text}");
        }
    }
}
