//! The delimiters, which every interchange declares in its `ISA` segment.
//!
//! They are found by counting elements, not by offset: the byte after `ISA` separates elements; the sixteenth element
//! is one byte, which separates components; the byte after that ends segments. Senders pad the fixed-width elements
//! wrongly, but they do not miscount them.

/// Bytes of an `ISA` segment as the standard pads it, without its terminator.
pub const ISA_BYTES: usize = 105;
/// Elements of an `ISA` segment.
const ISA_ELEMENTS: usize = 16;
/// The longest `ISA` that is searched for its elements.
const ISA_BYTES_MAX: usize = 512;

/// The delimiters of one interchange; all ASCII, all different.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delimiters {
    /// Separates elements.
    pub element: char,
    /// Separates components of an element.
    pub component: char,
    /// Ends a segment.
    pub terminator: char,
}

impl Delimiters {
    /// Reads them from a text that starts with `ISA`; otherwise the sentence that says what is wrong.
    pub fn of(isa: &str) -> Result<Delimiters, String> {
        let bytes = &isa.as_bytes()[..isa.len().min(ISA_BYTES_MAX)];
        let element = *bytes.get(3).ok_or("the file ends inside the ISA segment")?;
        let element = delimiter(element, "the element separator (the byte after ISA)")?;
        let separators = bytes.iter().enumerate().filter(|(_, byte)| char::from(**byte) == element);
        let Some((last, _)) = separators.into_iter().nth(ISA_ELEMENTS - 1) else {
            return Err(format!("the ISA segment does not have {ISA_ELEMENTS} elements separated by '{element}'"));
        };
        let [component, terminator] = bytes.get(last + 1..last + 3).unwrap_or_default() else {
            return Err("the file ends inside the ISA segment".to_owned());
        };
        let component = delimiter(*component, "the component separator (ISA16)")?;
        let terminator = delimiter(*terminator, "the segment terminator (the byte after ISA16)")?;
        if element == component || element == terminator || component == terminator {
            return Err("the element separator, the component separator and the terminator must differ".to_owned());
        }
        Ok(Delimiters { element, component, terminator })
    }
}

/// A byte that can stand between values: not a letter, a digit, a space, or a character of numbers.
fn delimiter(byte: u8, role: &str) -> Result<char, String> {
    let belongs_to_values = byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'-' | 0) || !byte.is_ascii();
    if belongs_to_values {
        return Err(format!("{role} is '{}', which cannot be a delimiter", byte.escape_ascii()));
    }
    Ok(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISA: &str = "ISA*00*          *00*          *ZZ*A              *ZZ*B              \
                       *100101*1000*^*00501*000000001*0*T*:~GS*HP*";

    #[test]
    fn are_counted_not_measured() {
        let expected = Delimiters { element: '*', component: ':', terminator: '~' };
        assert_eq!(Delimiters::of(ISA), Ok(expected));
        assert_eq!(Delimiters::of(&ISA.replace("A              ", "A")), Ok(expected));
        let odd = ISA.replace('*', "|").replace('~', "\n").replace(':', "\u{1f}");
        assert_eq!(Delimiters::of(&odd), Ok(Delimiters { element: '|', component: '\u{1f}', terminator: '\n' }));
    }

    #[test]
    fn must_be_possible() {
        for (isa, reason) in [
            (ISA.replace(":~", ":"), "the segment terminator (the byte after ISA16) is 'G'"),
            (ISA.replace("*^*", "*"), "the component separator (ISA16) is 'H'"),
            (ISA.replace("*^*", "*^*1*"), "the component separator (ISA16) is 'T'"),
            (ISA.replace('*', "1"), "the element separator (the byte after ISA) is '1'"),
            (ISA.replace(":~", "::"), "must differ"),
            (ISA.replace(":~", "*~"), "must differ"),
            (ISA[..104].to_owned(), "the file ends inside the ISA segment"),
            (ISA[..105].to_owned(), "the file ends inside the ISA segment"),
            ("ISA".to_owned(), "the file ends inside the ISA segment"),
            ("ISA*00*".to_owned(), "does not have 16 elements separated by '*'"),
        ] {
            let error = Delimiters::of(&isa).unwrap_err();
            assert!(error.contains(reason), "{isa}: {error}");
        }
    }
}
