//! Accounts to a file that [`read_chart`](super::read_chart) reads back as the same accounts.
//!
//! Same but for the spacing and the order of keys of their metadata. What a file cannot say is refused, not left out.
//! Lines stand in the order given; metadata columns in the order of their names. O(n log n).

use std::collections::{BTreeMap, BTreeSet};

use csv::Writer;

use super::columns::Column;
use crate::account::{AccountCode, AccountFault, NewAccount};
use crate::money::Money;

/// Why an account cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unwritable {
    /// It could not be opened either.
    #[error("account {account}: {fault}")]
    Account {
        /// The account.
        account: AccountCode,
        /// Why not.
        fault: AccountFault,
    },
    /// Its metadata is not what columns can say.
    #[error("account {account}: metadata in a chart is an object of texts that are not empty")]
    Metadata {
        /// The account.
        account: AccountCode,
    },
    /// A key of its metadata cannot be the name of a column.
    #[error("account {account}: the metadata key '{key}' cannot be the name of a further column")]
    Key {
        /// The account.
        account: AccountCode,
        /// The key.
        key: String,
    },
}

/// Writes a chart, all its columns and one for each key of metadata.
pub fn write_chart(accounts: &[NewAccount]) -> Result<String, Unwritable> {
    let metadata: Vec<BTreeMap<String, String>> = accounts.iter().map(metadata).collect::<Result<_, _>>()?;
    let keys: BTreeSet<&str> = metadata.iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
    let mut header: Vec<&str> = Column::ALL.into_iter().map(Column::word).collect();
    header.extend(&keys);
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header).expect(IN_MEMORY);
    for (account, metadata) in accounts.iter().zip(&metadata) {
        let further = keys.iter().map(|key| metadata.get(*key).cloned().unwrap_or_default());
        let cells = Column::ALL.into_iter().map(|column| cell(account, column)).chain(further);
        writer.write_record(cells.map(String::into_bytes)).expect(IN_MEMORY);
    }
    Ok(String::from_utf8(writer.into_inner().expect(IN_MEMORY)).expect("texts with commas between are text"))
}

const IN_MEMORY: &str = "memory takes what is written, and all rows have one length";

fn cell(account: &NewAccount, column: Column) -> String {
    let decimal = |minor: Option<i64>| {
        minor.map_or_else(String::new, |minor| Money::new(minor, account.currency).to_decimal_string())
    };
    match column {
        Column::Account => account.code.as_str().to_owned(),
        Column::Type => account.account_type.word().to_owned(),
        Column::NormalSide => account.normal_side.letter().to_owned(),
        Column::Currency => account.currency.code().to_owned(),
        Column::OpenItem => account.open_item.to_string(),
        Column::Parent => account.note.parent.clone().unwrap_or_default(),
        Column::Minimum => decimal(account.limits.min_minor),
        Column::Maximum => decimal(account.limits.max_minor),
        Column::Name => account.name.clone(),
    }
}

fn metadata(account: &NewAccount) -> Result<BTreeMap<String, String>, Unwritable> {
    let code = || account.code.clone();
    account.check().map_err(|fault| Unwritable::Account { account: code(), fault })?;
    let Some(json) = &account.note.metadata else { return Ok(BTreeMap::new()) };
    let object: BTreeMap<String, String> =
        serde_json::from_str(json).map_err(|_| Unwritable::Metadata { account: code() })?;
    if object.is_empty() || object.values().any(|text| text.is_empty() || text.contains('\0')) {
        return Err(Unwritable::Metadata { account: code() });
    }
    let is_taken = |key: &str| key.is_empty() || key.contains('\0') || Column::meant_by(key).is_some();
    match object.keys().find(|key| is_taken(key)) {
        Some(key) => Err(Unwritable::Key { account: code(), key: key.clone() }),
        None => Ok(object),
    }
}
