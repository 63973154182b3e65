//! Segments of a file, numbered from 1 (the first `ISA`), each with the delimiters of its interchange.
//!
//! Line breaks after a terminator are not part of the next segment. A new `ISA` brings its own delimiters. Costs one
//! pass; nothing is copied.

use crate::violation::{Rule, Violation};

use super::delimiters::Delimiters;

/// A segment as it stands in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment<'a> {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its text without the terminator.
    pub text: &'a str,
    delimiters: Delimiters,
}

impl<'a> Segment<'a> {
    /// The two or three letters that say what it is.
    pub fn id(&self) -> &'a str {
        self.text.split(self.delimiters.element).next().unwrap_or("")
    }

    /// Element `position`, from 1; empty if the segment ends before it.
    pub fn element(&self, position: usize) -> &'a str {
        self.text.split(self.delimiters.element).nth(position).unwrap_or("")
    }

    /// How many elements it has.
    pub fn elements(&self) -> usize {
        self.text.matches(self.delimiters.element).count()
    }

    /// Component `index` (from 1) of element `position`; empty if there is none.
    pub fn component(&self, position: usize, index: usize) -> &'a str {
        self.element(position).split(self.delimiters.component).nth(index - 1).unwrap_or("")
    }

    /// The first control character in it that is no delimiter.
    pub fn control_character(&self) -> Option<char> {
        let own = [self.delimiters.element, self.delimiters.component];
        self.text.chars().find(|character| character.is_control() && !own.contains(character))
    }
}

/// Splits a text that starts with `ISA` into segments; an `Err` is a place where no segment can be made out.
pub struct Tokens<'a> {
    rest: &'a str,
    number: usize,
    delimiters: Option<Delimiters>,
}

impl<'a> Tokens<'a> {
    /// The segments of `text`.
    pub fn new(text: &'a str) -> Tokens<'a> {
        Tokens { rest: text, number: 0, delimiters: None }
    }

    fn stop(&mut self, message: String, expected: &str) -> Violation {
        let violation = Violation::new(Rule::Syntax, self.number, format!("segment {}", self.number));
        let violation = violation.says(message).expected(expected, self.rest);
        self.rest = "";
        violation
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Segment<'a>, Violation>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_start_matches(['\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        if is_isa(self.rest) {
            match Delimiters::of(self.rest) {
                Ok(delimiters) => self.delimiters = Some(delimiters),
                Err(reason) => return Some(Err(self.stop(reason, "an ISA segment that declares its delimiters"))),
            }
        }
        let Some(delimiters) = self.delimiters else {
            return Some(Err(self.stop("the text does not start with an ISA segment".to_owned(), "ISA")));
        };
        let Some((text, rest)) = self.rest.split_once(delimiters.terminator) else {
            let message = "the last segment has no terminator: the file is cut off, or its delimiters change";
            let expected = format!("'{}' at the end of the segment", delimiters.terminator.escape_default());
            return Some(Err(self.stop(message.to_owned(), &expected)));
        };
        self.rest = rest;
        Some(Ok(Segment { number: self.number, text, delimiters }))
    }
}

/// Whether a text starts with an `ISA` segment, rather than with a word that does.
pub fn is_isa(text: &str) -> bool {
    text.strip_prefix("ISA").is_some_and(|rest| !rest.starts_with(|after: char| after.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISA: &str = "ISA*00*          *00*          *ZZ*A              *ZZ*B              \
                       *100101*1000*^*00501*000000001*0*T*:~";

    fn ids(text: &str) -> Vec<Result<(usize, &str), usize>> {
        let tokens = Tokens::new(text);
        tokens.map(|token| token.map(|s| (s.number, s.id())).map_err(|e| e.segment.unwrap())).collect()
    }

    #[test]
    fn line_breaks_after_terminators_are_nothing() {
        let expected = vec![Ok((1, "ISA")), Ok((2, "GS")), Ok((3, "ST"))];
        for text in [format!("{ISA}GS*1~ST*2~"), format!("{ISA}\nGS*1~\r\nST*2~\n"), format!("{ISA}\r\nGS~\n\nST~")] {
            assert_eq!(ids(&text), expected);
        }
        let lines = format!("{ISA}GS*1~ST*2~").replace('~', "\n");
        assert_eq!(ids(&lines), expected);
        assert_eq!(ids(&lines.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn elements_and_components_end_where_the_segment_does() {
        let text = format!("{ISA}SVC*N4:123*4**0~");
        let segment = Tokens::new(&text).nth(1).unwrap().unwrap();
        assert_eq!((segment.element(2), segment.element(3), segment.element(4)), ("4", "", "0"));
        assert_eq!((segment.element(9), segment.elements()), ("", 4));
        assert_eq!((segment.component(1, 1), segment.component(1, 2), segment.component(1, 3)), ("N4", "123", ""));
    }

    #[test]
    fn each_interchange_has_its_own_delimiters() {
        let second = ISA.replace('*', "|").replace('~', "\n");
        let text = format!("{ISA}IEA*1~{second}IEA|1\n");
        assert_eq!(ids(&text), vec![Ok((1, "ISA")), Ok((2, "IEA")), Ok((3, "ISA")), Ok((4, "IEA"))]);
    }

    #[test]
    fn a_cut_off_segment_is_told_and_ends_the_file() {
        assert_eq!(ids(&format!("{ISA}GS*1~ST*8")), vec![Ok((1, "ISA")), Ok((2, "GS")), Err(3)]);
        assert_eq!(ids("ISA*00*"), vec![Err(1)]);
        assert_eq!(ids("VISA*00*"), vec![Err(1)]);
    }
}
