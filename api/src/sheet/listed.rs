//! Answers that are lists.

use serde::Serialize;

/// An answer with rows in one of its fields; of a long list it is one page.
pub trait Listed: Serialize + Send + Sync + 'static {
    /// A row.
    type Row: Serialize + Send + Sync + 'static;

    /// Takes the rows out: what is left is what the answer says once.
    fn take_rows(&mut self) -> Vec<Self::Row>;

    /// Takes out the cursor of the next page; `None` at the end, and where there are no pages.
    fn take_next(&mut self) -> Option<String> {
        None
    }

    /// What is wrong in the book, if the answer shows that something is.
    fn wrong(&self) -> Option<&'static str> {
        None
    }
}

/// Says which field of an answer holds its rows, which the cursor (`next`), and when something is wrong.
macro_rules! listed {
    ($body:ty, $rows:ident: $row:ty $(, $next:ident)? $(; wrong |$answer:ident| $wrong:expr)?) => {
        impl Listed for $body {
            type Row = $row;

            fn take_rows(&mut self) -> Vec<$row> {
                std::mem::take(&mut self.$rows)
            }

            $(fn take_next(&mut self) -> Option<String> {
                self.$next.take()
            })?

            $(fn wrong(&self) -> Option<&'static str> {
                let $answer = self;
                $wrong
            })?
        }
    };
}

pub(crate) use listed;
