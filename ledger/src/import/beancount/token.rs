//! A line to its words, texts and marks.

use serde_json::Value;

use crate::import::Fault;

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token<'a> {
    /// A date, a number, an account, a currency, a flag, `#tag`, `^link`, `key:`.
    Word(&'a str),
    /// What stands in quotes, without them.
    Text(String),
    /// One of `{` `}` `@` `~` `(` `)`.
    Mark(char),
}

impl Token<'_> {
    /// As JSON: of a word its letters, but for `TRUE`, `FALSE` and `NULL`.
    pub fn value(self) -> Value {
        match self {
            Token::Word("TRUE") => Value::Bool(true),
            Token::Word("FALSE") => Value::Bool(false),
            Token::Word("NULL") => Value::Null,
            Token::Word(word) => Value::String(word.to_owned()),
            Token::Text(text) => Value::String(text),
            Token::Mark(mark) => Value::String(mark.to_string()),
        }
    }
}

fn is_mark(character: char) -> bool {
    matches!(character, '{' | '}' | '@' | '~' | '(' | ')')
}

/// The pieces of a line up to its comment, and the comment.
pub fn tokens(line: u64, text: &str) -> Result<(Vec<Token<'_>>, &str), Fault> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        match first {
            ';' => return Ok((tokens, rest[1..].trim())),
            '"' => {
                let (text, behind) = text_in_quotes(&rest[1..]).ok_or_else(|| {
                    let fault = Fault::new(line, "quote_unclosed", "a text in quotes has no end");
                    fault.expected("a closing quote", rest)
                })?;
                tokens.push(Token::Text(text));
                rest = behind;
            }
            mark if is_mark(mark) => {
                tokens.push(Token::Mark(mark));
                rest = &rest[1..];
            }
            _ => {
                let ends =
                    |character: char| character.is_whitespace() || is_mark(character) || ";\"".contains(character);
                let end = rest.find(ends).unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..end]));
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    Ok((tokens, ""))
}

/// A text up to its closing quote, and what stands behind that.
fn text_in_quotes(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, &rest[at + 1..])),
            '\\' => text.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'f' => '\u{c}',
                'b' => '\u{8}',
                other => other,
            }),
            other => text.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let (found, comment) = tokens(1, r#"2026-01-01 * "a \"b\"\n;" #t ^l-1 {5} ; x "y"#).unwrap();
        let words = [Token::Word("2026-01-01"), Token::Word("*"), Token::Text("a \"b\"\n;".to_owned())];
        let rest = [Token::Word("#t"), Token::Word("^l-1"), Token::Mark('{'), Token::Word("5"), Token::Mark('}')];
        assert_eq!(found, [&words[..], &rest[..]].concat());
        assert_eq!(comment, "x \"y");
        assert_eq!(tokens(7, "a \"b").unwrap_err().line, 7);
    }
}
