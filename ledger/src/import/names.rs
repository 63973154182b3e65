//! Names of accounts in plain-text accounting, and what accounts stand for by their names.
//!
//! In hledger the first separator of a name is the first dot of our code, as our own export writes it: `1101:picc` is
//! `1101.picc`. Further separators become dots, too. A name that is no code after that (a blank in it, Chinese letters)
//! needs a code of its own, as the tag `code:` in hledger or the metadata `code:` in beancount.

use std::collections::{BTreeMap, HashMap};

use crate::account::{AccountCode, AccountType};

use super::Fault;

/// Which types accounts have by the beginnings of their codes: `1=asset,2101=liability`. The longest that fits counts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TypeMap {
    types: Vec<(String, AccountType)>,
}

impl TypeMap {
    /// Reads `PREFIX=TYPE,...`; the error is the part that cannot be read.
    pub fn parse(text: &str) -> Result<TypeMap, String> {
        let part = |part: &str| {
            let (prefix, word) = part.split_once('=').ok_or_else(|| part.to_owned())?;
            let account_type = AccountType::from_word(word.trim()).ok_or_else(|| part.to_owned())?;
            Ok((prefix.trim().to_owned(), account_type))
        };
        let mut types = text.split(',').map(part).collect::<Result<Vec<_>, String>>()?;
        types.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(TypeMap { types })
    }

    /// The type of an account by its code.
    pub fn of(&self, code: &str) -> Option<AccountType> {
        self.types.iter().find(|(prefix, _)| code.starts_with(prefix.as_str())).map(|(_, account_type)| *account_type)
    }
}

/// What an account stands for by the first part of its name, as beancount demands it and hledger guesses it.
pub fn type_of_root(name: &str) -> Option<AccountType> {
    let root = name.split(':').next().unwrap_or_default();
    match root.to_ascii_lowercase().as_str() {
        "asset" | "assets" => Some(AccountType::Asset),
        "liability" | "liabilities" | "debt" | "debts" => Some(AccountType::Liability),
        "equity" => Some(AccountType::Equity),
        "income" | "incomes" | "revenue" | "revenues" => Some(AccountType::Income),
        "expense" | "expenses" => Some(AccountType::Expense),
        _ => None,
    }
}

/// The codes of the accounts of one file by their names, no code for two names.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Names {
    codes: HashMap<String, AccountCode>,
    names: HashMap<AccountCode, String>,
}

impl Names {
    /// The code of a name; makes it up if the name has none yet.
    pub fn code(&mut self, line: u64, name: &str) -> Result<AccountCode, Fault> {
        if let Some(code) = self.codes.get(name) {
            return Ok(code.clone());
        }
        let Some(code) = AccountCode::parse(&name.replace(':', ".")) else {
            let expected = "letters, digits, '-', '_' and '.' between the colons, at most 64, or a code: of its own";
            let fault = Fault::new(line, "account_malformed", "this name cannot be an account's code");
            return Err(fault.expected(expected, name));
        };
        self.bind(line, name, code)
    }

    /// The codes by their names, in order of the names.
    pub fn sorted(&self) -> BTreeMap<&str, &AccountCode> {
        self.codes.iter().map(|(name, code)| (name.as_str(), code)).collect()
    }

    /// Gives a name its code.
    pub fn bind(&mut self, line: u64, name: &str, code: AccountCode) -> Result<AccountCode, Fault> {
        match (self.codes.get(name), self.names.get(&code)) {
            (Some(there), _) if *there != code => {
                let fault = Fault::new(line, "account_name_ambiguous", format!("{name} has another code already"));
                Err(fault.expected(there.to_string(), code.as_str()))
            }
            (_, Some(there)) if there != name => {
                let message = format!("two names would be one account, {code}: give one of them a code: of its own");
                Err(Fault::new(line, "account_name_ambiguous", message).expected(there, name))
            }
            _ => {
                self.codes.insert(name.to_owned(), code.clone());
                self.names.insert(code.clone(), name.to_owned());
                Ok(code)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_tells_the_type() {
        let map = TypeMap::parse("1=asset, 2=liability,2101=income").unwrap();
        assert_eq!(map.of("1101.picc"), Some(AccountType::Asset));
        assert_eq!(map.of("2101.x"), Some(AccountType::Income));
        assert_eq!(map.of("2102"), Some(AccountType::Liability));
        assert_eq!(map.of("9"), None);
        assert_eq!(TypeMap::parse("1=asset,2"), Err("2".to_owned()));
        assert_eq!(TypeMap::parse("1=thing"), Err("1=thing".to_owned()));
    }

    #[test]
    fn no_code_is_given_to_two_names() {
        let mut names = Names::default();
        let code = |text: &str| AccountCode::parse(text).unwrap();
        assert_eq!(names.code(1, "1101:picc"), Ok(code("1101.picc")));
        assert_eq!(names.code(2, "1101:picc"), Ok(code("1101.picc")));
        assert_eq!(names.code(3, "1101.picc").unwrap_err().code, "account_name_ambiguous");
        assert_eq!(names.code(4, "Assets:Food and drink").unwrap_err().code, "account_malformed");
        assert_eq!(names.bind(5, "Assets:Food and drink", code("food")), Ok(code("food")));
        assert_eq!(names.code(6, "Assets:Food and drink"), Ok(code("food")));
        assert_eq!(names.bind(7, "1101:picc", code("other")).unwrap_err().code, "account_name_ambiguous");
    }
}
