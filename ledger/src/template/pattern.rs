//! `1101.{insurer}`: text with the names of inputs in braces.

/// A text that was taken apart.
#[derive(Debug)]
pub(super) struct Pattern<'t>(Vec<Piece<'t>>);

#[derive(Debug)]
enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

impl<'t> Pattern<'t> {
    /// Takes a text apart, or says why it cannot be.
    pub(super) fn parse(text: &'t str) -> Result<Pattern<'t>, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, from_brace) = rest.split_at(brace);
            let Some(behind) = from_brace.strip_prefix('{') else { return Err("a '}' closes nothing") };
            let Some((name, after)) = behind.split_once('}') else { return Err("a '{' is not closed") };
            if name.is_empty() || name.contains('{') {
                return Err("between '{' and '}' stands one name");
            }
            pieces.extend([Piece::Text(before), Piece::Name(name)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest));
        Ok(Pattern(pieces))
    }

    /// The names in braces.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Name(name) => Some(*name),
        })
    }

    /// The text with something in the place of each name.
    pub(super) fn filled(&self, mut with: impl FnMut(&str) -> String) -> String {
        let piece = |piece: &Piece<'t>| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Name(name) => with(name),
        };
        self.0.iter().map(piece).collect()
    }
}
