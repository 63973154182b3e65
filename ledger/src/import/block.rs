//! Lines to blocks: a line that begins at the margin, and the indented lines below it.
//!
//! The shape of a transaction in hledger and in beancount alike. An empty line ends a block. In beancount a text may
//! go on over several lines ([`Strings`]); then those are one.

use std::io::{self, Read};

use super::line::Lines;
use super::{Fault, LINE_BYTES_MAX};

/// The largest block, in bytes: more than the largest entry that the ledger takes.
const BLOCK_BYTES_MAX: usize = 4 * LINE_BYTES_MAX;
/// The most lines that a text goes on over: as many as beancount reads.
const STRING_LINES_MAX: usize = 64;

/// A line at the margin and those below it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Block {
    /// The number of the first line.
    pub line: u64,
    /// The first line.
    pub head: String,
    /// The indented lines with their numbers, without the blanks around them.
    pub body: Vec<(u64, String)>,
}

/// Whether a text in quotes may go on in the next line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strings {
    /// There are no quotes that count.
    OneLine,
    /// It may: `"`, with `\` before a quote inside, and `;` outside before a comment.
    ManyLines,
}

/// Blocks of an input, one at a time.
pub struct Blocks<R> {
    lines: Lines<R>,
    strings: Strings,
    /// The first line of the next block, which has been read already.
    ahead: Option<(u64, String)>,
    is_over: bool,
}

impl<R: Read> Blocks<R> {
    /// Begins at the first line.
    pub fn new(input: R, strings: Strings) -> Blocks<R> {
        Blocks { lines: Lines::new(input), strings, ahead: None, is_over: false }
    }

    /// The line that was read last.
    pub fn line(&self) -> u64 {
        self.lines.number()
    }

    /// The next block; `None` at the end. Blank lines are none; an indented line below none is a fault.
    pub fn next_block(&mut self) -> io::Result<Option<Result<Block, Fault>>> {
        let (line, head) = loop {
            match self.line_ahead()? {
                None => return Ok(None),
                Some(Err(fault)) => return Ok(Some(Err(fault))),
                Some(Ok((_, text))) if text.trim().is_empty() => {}
                Some(Ok(next)) => break next,
            }
        };
        if head.starts_with([' ', '\t']) {
            let fault = Fault::new(line, "line_indented", "this indented line belongs to nothing");
            return Ok(Some(Err(fault.expected("a line that begins at the margin above it", head.trim()))));
        }
        let mut block = Block { line, head: head.trim_end().to_owned(), body: Vec::new() };
        let mut bytes = block.head.len();
        loop {
            match self.line_ahead()? {
                None => return Ok(Some(Ok(block))),
                // What cannot be read ends the block, too: it is not known whether it belongs to it.
                Some(Err(fault)) => return Ok(Some(Err(fault))),
                Some(Ok((_, text))) if text.trim().is_empty() => return Ok(Some(Ok(block))),
                Some(Ok((line, text))) if text.starts_with([' ', '\t']) => {
                    bytes += text.len();
                    if bytes > BLOCK_BYTES_MAX {
                        self.is_over = true;
                        let fault = Fault::new(block.line, "block_too_long", "this transaction is too long");
                        return Ok(Some(Err(fault.expected(format!("at most {BLOCK_BYTES_MAX} bytes"), "more"))));
                    }
                    block.body.push((line, text.trim().to_owned()));
                }
                Some(Ok(next)) => {
                    self.ahead = Some(next);
                    return Ok(Some(Ok(block)));
                }
            }
        }
    }

    /// The next line, with those that a text in it goes on over.
    fn line_ahead(&mut self) -> io::Result<Option<Result<(u64, String), Fault>>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(Ok(ahead)));
        }
        if self.is_over {
            return Ok(None);
        }
        let number = self.lines.number() + 1;
        let mut text = match self.lines.next_line()? {
            None => return Ok(None),
            Some(Err(fault)) => return Ok(Some(Err(fault))),
            Some(Ok(line)) => line.to_owned(),
        };
        let mut lines = 1;
        while self.strings == Strings::ManyLines && is_open(&text) {
            lines += 1;
            text.push('\n');
            match self.lines.next_line()? {
                Some(Ok(more)) if lines <= STRING_LINES_MAX => text.push_str(more),
                Some(Err(fault)) => return Ok(Some(Err(fault))),
                Some(Ok(_)) | None => {
                    self.is_over = true;
                    let fault = Fault::new(number, "quote_unclosed", "a text in quotes has no end");
                    return Ok(Some(Err(fault.expected("a closing quote", text.trim()))));
                }
            }
        }
        Ok(Some(Ok((number, text))))
    }
}

/// Whether a text in quotes goes on behind this line.
fn is_open(line: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for character in line.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ';' if !inside => return false,
            _ => {}
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, strings: Strings) -> Vec<Result<Block, (u64, &'static str)>> {
        let mut blocks = Blocks::new(text.as_bytes(), strings);
        let mut all = Vec::new();
        while let Some(block) = blocks.next_block().unwrap() {
            all.push(block.map_err(|fault| (fault.line, fault.code)));
        }
        all
    }

    fn block(line: u64, head: &str, body: &[(u64, &str)]) -> Block {
        let body = body.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        Block { line, head: head.to_owned(), body }
    }

    #[test]
    fn indented_lines_belong_to_the_one_above() {
        let text = "\na \n  b\n\tc\nd\n \n  e\nf";
        let expected = [
            Ok(block(2, "a", &[(3, "b"), (4, "c")])),
            Ok(block(5, "d", &[])),
            Err((7, "line_indented")),
            Ok(block(8, "f", &[])),
        ];
        assert_eq!(read(text, Strings::OneLine), expected);
    }

    #[test]
    fn a_text_goes_on_to_its_closing_quote() {
        let text = "a \"x\n\\\"\n y\" ; \"\n  b\n";
        assert_eq!(read(text, Strings::ManyLines), [Ok(block(1, "a \"x\n\\\"\n y\" ; \"", &[(4, "b")]))]);
        assert_eq!(read("a\nb \"x\n", Strings::ManyLines), [Err((2, "quote_unclosed"))]);
    }
}
