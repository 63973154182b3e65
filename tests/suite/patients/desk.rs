//! A book with patients and claims, rings of keys, and a folder for documents.

use bytes::Bytes;
use dianfu_claims::claim::State;
use dianfu_claims::documents::{
    Document, DocumentDraw, DocumentRefusal, DocumentStore, HandIn, Handed, StoreSettings, hand_in,
};
use dianfu_claims::error::Error;
use dianfu_claims::materials::MaterialKind;
use dianfu_claims::patient_record::{Identity, IdentityKind, Kept, NewVersion, PatientRecord, PatientRefusal};
use dianfu_claims::patient_record::{Phone, keep};
use dianfu_claims::vault::{Keyring, SealDraw};
use dianfu_ledger::id;
use jiff::civil::date;
use tempfile::TempDir;

use crate::claims::fixture::{Desk, ON, WIDE, now, number, party};

pub const RESIDENT: &str = "11010519491231002X";

/// A ring of `k1`, `k2`, … as told, the first sealing.
pub fn ring(keys: &[u8]) -> Keyring {
    let encoded = |byte: u8| match byte {
        1 => format!("{}AQE=", "AQEB".repeat(10)),
        2 => format!("{}AgI=", "AgIC".repeat(10)),
        3 => format!("{}AwM=", "AwMD".repeat(10)),
        _ => format!("{}CQk=", "CQkJ".repeat(10)),
    };
    let keys = keys.iter().map(|key| format!("k{key}:{}", encoded(*key)));
    Keyring::parse(&keys.chain([format!("index:{}", encoded(9))]).collect::<Vec<_>>().join(",")).unwrap()
}

/// The record of somebody with this phone, in the same home with the same identity document.
pub fn person(name: &str, phone: &str) -> PatientRecord {
    PatientRecord {
        name: name.to_owned(),
        phone: Phone::parse(phone).unwrap(),
        address: "广东省深圳市南山区科技路1号".to_owned(),
        identity: Identity::parse(IdentityKind::ResidentId, RESIDENT).unwrap(),
    }
}

/// A book with the patients `p-1` to `p-4`, the claim `C-1` of `p-1`, and a folder.
pub struct Ward {
    pub desk: Desk,
    pub folder: TempDir,
    pub store: DocumentStore,
}

impl Ward {
    pub async fn new() -> Ward {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", State::Submitted).await;
        let folder = tempfile::tempdir().unwrap();
        let store = DocumentStore::open(StoreSettings::Folder(folder.path().join("documents"))).unwrap();
        Ward { desk, folder, store }
    }

    /// Keeps a version of a patient's record under a ring.
    pub async fn keep(
        &self,
        keyring: &Keyring,
        (patient_no, version): (&str, i32),
        record: &PatientRecord,
    ) -> Result<Kept, PatientRefusal> {
        let mut client = self.desk.ledger.client().await.unwrap();
        let patient_no = party(patient_no);
        let new = NewVersion { patient_no: &patient_no, version, record, reason: "intake", actor: "wang", now: now() };
        keep(&mut client, keyring, new, &SealDraw::new(id::random_bytes())).await.unwrap()
    }

    /// Hands in a file under the ring of `k1`.
    pub async fn try_hand_in(&self, new: HandIn, bytes: &[u8]) -> Result<Result<Handed, DocumentRefusal>, Error> {
        let mut client = self.desk.ledger.client().await.unwrap();
        let draw = DocumentDraw::new(id::random_bytes());
        let bytes = Bytes::copy_from_slice(bytes);
        hand_in(&mut client, &ring(&[1]), &self.store, new, bytes, draw, (ON, now())).await
    }

    pub async fn hand_in(&self, new: HandIn, bytes: &[u8]) -> Result<Handed, DocumentRefusal> {
        self.try_hand_in(new, bytes).await.unwrap()
    }

    /// Hands in a file that is taken.
    pub async fn handed(&self, kind: MaterialKind, bytes: &[u8]) -> Document {
        self.hand_in(paper(kind), bytes).await.unwrap().document
    }

    /// What lies in the folder, by path.
    pub fn objects(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        found
    }
}

/// Part 1 of a kind for `C-1`, issued on 2026-02-01, handed in by `zhao`.
pub fn paper(kind: MaterialKind) -> HandIn {
    HandIn {
        document_id: id::fresh(),
        claim_no: number("C-1"),
        kind,
        part: 1,
        issued_on: date(2026, 2, 1),
        expires_on: None,
        declared: None,
        announced: None,
        actor: "zhao".to_owned(),
    }
}
