//! What the workloads are, in words for who has not read the program.

/// A workload in a word and in a sentence.
pub struct Known {
    pub name: &'static str,
    pub word: &'static str,
    pub sentence: &'static str,
}

const KNOWN: [Known; 15] = [
    Known { name: "U", word: "uniform", sentence: "Two accounts are drawn from all, each as often as any other." },
    Known { name: "H", word: "hot account", sentence: "One account, with an exact limit, is on every entry." },
    Known {
        name: "Z",
        word: "Zipf",
        sentence: "A few accounts are on most entries, and none may be overdrawn: some entries are refused.",
    },
    Known { name: "S", word: "single", sentence: "Single entries, from callers who each wait for their answer." },
    Known { name: "P", word: "pending", sentence: "Holds, then captures of them." },
    Known {
        name: "R",
        word: "repeated",
        sentence: "Some entries come again with the same content, a few with other content under the same id.",
    },
    Known {
        name: "B",
        word: "backdated",
        sentence: "Some entries count on days long past; then a trial balance as of one of them.",
    },
    Known { name: "G", word: "growth", sentence: "One book grows, and its rate is looked at piece by piece." },
    Known { name: "2B", word: "two books", sentence: "Two books at the same time in one process." },
    Known { name: "2P", word: "two processes", sentence: "Two processes on one book at the same time." },
    Known { name: "HTTP", word: "served", sentence: "Single entries over HTTP to the program as it is served." },
    Known {
        name: "NDJSON",
        word: "streamed",
        sentence: "Streams of entries over HTTP, one a line; every outcome is streamed back and read.",
    },
    Known {
        name: "CLAIMS",
        word: "claims",
        sentence: "Claims go from their submission to the insurer's decision; counted are transitions, not entries.",
    },
    Known {
        name: "LIVES",
        word: "whole lives",
        sentence: "Claims go from intake until the pharmacy is paid and the insurer has paid; counted are claims.",
    },
    Known {
        name: "REMIT",
        word: "remittances",
        sentence: "Files of remittance lines are checked, matched and posted behind their cash; counted are lines.",
    },
];

/// What is known of a workload by its name in a line.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// A word for it, or nothing.
pub fn word(name: &str) -> &'static str {
    known(name).map_or("", |known| known.word)
}
