//! The kinds of materials, and the phases in which they are asked for.

use serde::{Deserialize, Serialize};

/// What is handed in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialKind {
    /// Both sides of the identity document.
    IdentityDocument,
    /// The policy, or its certificate.
    Policy,
    /// A doctor's proof of the diagnosis.
    DiagnosisProof,
    /// A pathology report.
    Pathology,
    /// A report of imaging.
    Imaging,
    /// A report of a gene test.
    GeneTest,
    /// A hospital's discharge note.
    DischargeNote,
    /// The prescription.
    Prescription,
    /// Proof of earlier use of the drug.
    EarlierUse,
    /// The form of a charity programme.
    CharityForm,
    /// A signed consent.
    Consent,
    /// The bank card to which money is paid.
    BankCard,
}

impl MaterialKind {
    /// Every kind.
    pub const ALL: [MaterialKind; 12] = [
        MaterialKind::IdentityDocument,
        MaterialKind::Policy,
        MaterialKind::DiagnosisProof,
        MaterialKind::Pathology,
        MaterialKind::Imaging,
        MaterialKind::GeneTest,
        MaterialKind::DischargeNote,
        MaterialKind::Prescription,
        MaterialKind::EarlierUse,
        MaterialKind::CharityForm,
        MaterialKind::Consent,
        MaterialKind::BankCard,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            MaterialKind::IdentityDocument => "identity_document",
            MaterialKind::Policy => "policy",
            MaterialKind::DiagnosisProof => "diagnosis_proof",
            MaterialKind::Pathology => "pathology",
            MaterialKind::Imaging => "imaging",
            MaterialKind::GeneTest => "gene_test",
            MaterialKind::DischargeNote => "discharge_note",
            MaterialKind::Prescription => "prescription",
            MaterialKind::EarlierUse => "earlier_use",
            MaterialKind::CharityForm => "charity_form",
            MaterialKind::Consent => "consent",
            MaterialKind::BankCard => "bank_card",
        }
    }

    /// The inverse of [`MaterialKind::word`].
    pub fn from_word(word: &str) -> Option<MaterialKind> {
        MaterialKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a person calls it, in English with its article, and in Chinese.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            MaterialKind::IdentityDocument => ("an identity document (both sides)", "身份证件（正反面）"),
            MaterialKind::Policy => ("a policy or its certificate", "保险单或保险凭证"),
            MaterialKind::DiagnosisProof => ("a proof of the diagnosis", "诊断证明"),
            MaterialKind::Pathology => ("a pathology report", "病理报告"),
            MaterialKind::Imaging => ("an imaging report", "影像检查报告"),
            MaterialKind::GeneTest => ("a gene test report", "基因检测报告"),
            MaterialKind::DischargeNote => ("a discharge note", "出院小结"),
            MaterialKind::Prescription => ("a prescription", "处方"),
            MaterialKind::EarlierUse => ("a proof of earlier use of the drug", "既往用药证明"),
            MaterialKind::CharityForm => ("a form of the charity programme", "慈善援助申请表"),
            MaterialKind::Consent => ("a signed consent", "签署的知情同意书"),
            MaterialKind::BankCard => ("a bank card in the patient's name", "患者本人银行卡"),
        }
    }
}

/// When materials are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The first claim for a drug.
    FirstApplication,
    /// The next packs of it.
    Refill,
    /// Packs that a charity programme gives.
    Charity,
    /// A decision is contested.
    Appeal,
    /// The insurer asks for more.
    InsurerRequest,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 5] =
        [Phase::FirstApplication, Phase::Refill, Phase::Charity, Phase::Appeal, Phase::InsurerRequest];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Phase::FirstApplication => "first_application",
            Phase::Refill => "refill",
            Phase::Charity => "charity",
            Phase::Appeal => "appeal",
            Phase::InsurerRequest => "insurer_request",
        }
    }

    /// The inverse of [`Phase::word`].
    pub fn from_word(word: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.word() == word)
    }
}
