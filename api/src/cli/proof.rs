//! `dianfu proof`: receipts of entries, tips, and proofs that one tip follows from another; and their check, which
//! needs no books.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use dianfu_api::auth::draw_secret;
use dianfu_api::wire::proof::{ConsistencyBody, KeyBody, ReceiptBody, TipBody, hexadecimal, public_key};
use dianfu_ledger::proof::{self, ProofError, PublicKey, Receipt, SecretKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::desk::Desk;
use super::ending::{Answer, No, note, say};
use super::print::{Output, stdout, write_json};

/// Prove that an entry is in the books, and that the books follow from what they were
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu proof key -o receipt.key
  dianfu proof entry 0199aa00-0000-7000-8000-000000000001 --receipt-key receipt.key -o receipt.json
  dianfu proof check receipt.json --public-key KEY
  dianfu proof tip")]
pub enum Proof {
    Entry(EntryProof),
    Check(Check),
    /// Prove that the books up to a commit are those up to an earlier one with others added
    #[command(after_help = "\
Example:
  dianfu proof consistency --from 10 --to 20 --format json > proof.json && dianfu proof check proof.json")]
    Consistency {
        /// The last commit of the earlier tip
        #[arg(long, value_name = "COMMIT")]
        from: i64,
        /// The last commit of the later tip
        #[arg(long, value_name = "COMMIT")]
        to: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Show the tip: all commits in one hash, to be kept elsewhere
    #[command(after_help = "\
Examples:
  dianfu proof tip
  dianfu proof tip --commit 10 --format json")]
    Tip {
        /// The last commit that it covers; the latest if left out
        #[arg(long, value_name = "COMMIT")]
        commit: Option<i64>,
        #[command(flatten)]
        output: Output,
    },
    Key(Key),
}

/// Write the signed receipt of an entry
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu proof entry 0199aa00-0000-7000-8000-000000000001 --receipt-key receipt.key -o receipt.json")]
pub struct EntryProof {
    /// The entry's id
    id: Uuid,
    /// The last commit that the tip covers; the latest if left out
    #[arg(long, value_name = "COMMIT")]
    tip: Option<i64>,
    /// The file to write; standard output if left out or `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    signer: ReceiptKeyFile,
}

/// Check a receipt or a proof of consistency, without the books
///
/// Without a public key, the signature of a receipt is not checked: then it shows that the paths fit, not who wrote it.
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu proof check receipt.json --public-key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
pub struct Check {
    /// The file
    file: PathBuf,
    /// The key that must have signed a receipt, as `dianfu proof key` and GET /v1/proofs/key show it
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, value_parser = read_public_key)]
    public_key: Option<PublicKey>,
    #[command(flatten)]
    format: Output,
}

/// Make a key to sign receipts with, and show its public half
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu proof key -o receipt.key
  dianfu proof key --receipt-key receipt.key")]
pub struct Key {
    /// The file to make; only its owner can read it
    #[arg(short, long, value_name = "FILE", conflicts_with = "receipt_key")]
    output: Option<PathBuf>,
    #[command(flatten)]
    signer: ReceiptKeyFile,
    #[command(flatten)]
    format: Output,
}

/// Where the key is.
#[derive(Args)]
pub struct ReceiptKeyFile {
    /// The file with the key that signs receipts, as `dianfu proof key` makes it
    #[arg(long, env = "DIANFU_RECEIPT_KEY", value_name = "FILE")]
    receipt_key: Option<PathBuf>,
}

impl ReceiptKeyFile {
    /// The key, if a file is named.
    pub fn read(&self) -> anyhow::Result<Option<SecretKey>> {
        let Some(path) = self.receipt_key.as_deref().filter(|path| !path.as_os_str().is_empty()) else {
            return Ok(None);
        };
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let wanted = "make one with `dianfu proof key -o FILE`";
        let malformed = || No::new(format!("{} is not a key that signs receipts", path.display())).next(wanted);
        // The key's text is the secret's, of the same length as the public key's.
        let PublicKey(seed) = public_key(text.trim()).ok_or_else(malformed)?;
        Ok(Some(SecretKey::of_seed(&seed)))
    }

    fn required(&self) -> anyhow::Result<SecretKey> {
        let next = "name its file with --receipt-key, or make one with `dianfu proof key -o FILE`";
        Ok(self.read()?.ok_or_else(|| No::new("there is no key to sign with").next(next))?)
    }
}

/// Reads the text of a public key.
pub fn read_public_key(text: &str) -> Result<PublicKey, String> {
    public_key(text).ok_or_else(|| "a public key has 43 characters of base64url".to_owned())
}

impl Proof {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Proof::Entry(entry) => entry.run(desk).await,
            Proof::Check(check) => check.run(),
            Proof::Consistency { from, to, output } => consistency(desk, *from, *to, output).await,
            Proof::Tip { commit, output } => tip(desk, *commit, output).await,
            Proof::Key(key) => key.run(),
        }
    }
}

impl EntryProof {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let key = self.signer.required()?;
        let client = desk.client().await?;
        let found = proof::receipt(&**client, desk.book().as_str(), self.id, self.tip).await.map_err(unproved)?;
        let unknown = || No::new(format!("there is no entry {} in book '{}'", self.id, desk.book()));
        let found = found.ok_or_else(unknown)?;
        let body = ReceiptBody::of(found.receipt.signed(&key), &found.rows);
        if let Some(path) = self.output.as_deref().filter(|path| path.as_os_str() != "-") {
            let text = serde_json::to_string_pretty(&body)? + "\n";
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
            note(&format!("the receipt is in {}", path.display()));
        } else {
            let mut out = stdout();
            write_json(&mut out, &body)?;
            out.flush()?;
        }
        Ok(Answer::Yes)
    }
}

async fn consistency(desk: &Desk, from: i64, to: i64, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let found = proof::consistency(&**client, from, to).await.map_err(unproved)?;
    let fields = &["from.commit_no", "from.root", "to.commit_no", "to.root", "path"];
    output.print_one(&ConsistencyBody::from(found), fields)?;
    Ok(Answer::Yes)
}

async fn tip(desk: &Desk, commit: Option<i64>, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let tip = proof::tip(&**client, commit).await.map_err(unproved)?;
    output.print_one(&TipBody::from(tip), &["commit_no", "root"])?;
    Ok(Answer::Yes)
}

/// What was asked for is not there, or the world failed.
fn unproved(error: ProofError) -> anyhow::Error {
    match error {
        ProofError::World(error) => error.into(),
        error => No::new(error.to_string()).into(),
    }
}

/// What a file proves of the books, and whether it holds.
pub struct Proven {
    /// What it is about.
    pub about: String,
    /// Whose books it is of, if it says so.
    pub book: Option<String>,
    /// The tip that it starts from.
    pub earlier: Option<proof::Tip>,
    /// The tip that it leads to.
    pub tip: proof::Tip,
    /// Whether the signature was checked.
    pub signature_checked: bool,
    /// What does not hold.
    pub fault: Option<proof::Fault>,
}

/// Reads a receipt or a proof of consistency and checks it by itself; the signature of a receipt with a key alone.
pub fn prove(file: &Path, public_key: Option<&PublicKey>) -> anyhow::Result<Proven> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let misshapen = |what: &str| No::new(format!("{} is no receipt and no proof: {what}", file.display()));
    let read = serde_json::from_str(&text).map_err(|_| misshapen("its fields are others"))?;
    match read {
        Checked::Receipt(body) => {
            let (signed, rows) = body.read().map_err(misshapen)?;
            let checked = match public_key {
                Some(key) => signed.check(&rows, key),
                None => signed.receipt.check(&rows),
            };
            let Receipt { book, entry_id, sequence, tip, .. } = signed.receipt;
            let about = format!("entry {entry_id} of book '{book}', sequence {sequence}");
            let (signature_checked, fault) = (public_key.is_some(), checked.err());
            Ok(Proven { about, book: Some(book), earlier: None, tip, signature_checked, fault })
        }
        Checked::Consistency(_) if public_key.is_some() => {
            let why = No::new(format!("{} is a proof of consistency, which nobody signs", file.display()));
            Err(why.next("leave --public-key out, or name a receipt").into())
        }
        Checked::Consistency(body) => {
            let proof = body.read().ok_or_else(|| misshapen("a hash is 64 lower-case hexadecimal digits"))?;
            let about = format!("commits 1 to {} unchanged in 1 to {}", proof.from.commit_no, proof.to.commit_no);
            let fault = (!proof.holds()).then_some(proof::Fault::ChainPath);
            let (earlier, tip) = (Some(proof.from), proof.to);
            Ok(Proven { about, book: None, earlier, tip, signature_checked: false, fault })
        }
    }
}

/// What can be checked.
#[derive(Deserialize)]
#[serde(untagged)]
enum Checked {
    Receipt(Box<ReceiptBody>),
    Consistency(ConsistencyBody),
}

#[derive(Serialize)]
struct Verdict {
    holds: bool,
    /// What it is about.
    about: String,
    /// Which tip it leads to; keep it, and ask for the consistency with it later.
    commit_no: i64,
    root: String,
    /// Whether the signature was checked.
    signature_checked: bool,
    /// What does not hold.
    fault: Option<&'static str>,
}

impl Check {
    fn run(&self) -> anyhow::Result<Answer> {
        let Proven { about, tip, signature_checked, fault, .. } = prove(&self.file, self.public_key.as_ref())?;
        let (commit_no, root) = (tip.commit_no, hexadecimal(&tip.root));
        let holds = fault.is_none();
        let verdict =
            Verdict { holds, about, commit_no, root, signature_checked, fault: fault.map(proof::Fault::code) };
        self.format.print_one(&verdict, &["holds", "about", "commit_no", "root", "signature_checked", "fault"])?;
        let Some(fault) = fault else { return Ok(Answer::Yes) };
        say(&fault.to_string(), Some(NO_RELIANCE));
        Ok(Answer::No)
    }
}

/// What to do with a proof that does not hold.
pub const NO_RELIANCE: &str = "do not rely on it; ask whoever keeps the books for another";

impl Key {
    fn run(&self) -> anyhow::Result<Answer> {
        let key = match &self.output {
            Some(path) => made(path)?,
            None => self.signer.required()?,
        };
        self.format.print_one(&KeyBody::of(&key.public()), &["key_id", "algorithm", "public_key"])?;
        Ok(Answer::Yes)
    }
}

/// Makes a key in a new file that nobody else can read; a key that is there is never written over.
fn made(path: &Path) -> anyhow::Result<SecretKey> {
    let text = draw_secret();
    let cannot_make = || format!("cannot make {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(cannot_make)?;
    file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all()).with_context(cannot_make)?;
    let PublicKey(seed) = public_key(&text).context("a secret has 256 bits")?;
    Ok(SecretKey::of_seed(&seed))
}
