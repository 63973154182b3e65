//! Tables of what is needed, what is there, and what is said.

use jiff::civil::date;

use super::*;

const ON: Date = date(2026, 3, 2);

fn needed(valid_days: Option<i32>, files: i32) -> Needed {
    Needed { kind: MaterialKind::GeneTest, valid_days, files, since: None }
}

fn file(issued_on: Date, verdict: Verdict) -> HandedIn {
    let recorded_at = "2026-03-01T08:00:00Z".parse().unwrap();
    HandedIn { kind: MaterialKind::GeneTest, issued_on, expires_on: None, recorded_at, verdict }
}

/// `list: English sentence`, or what else there is to say.
fn said(needed: &Needed, files: &[HandedIn]) -> String {
    let found = completeness(std::slice::from_ref(needed), files, ON);
    let lists = [
        ("missing", &found.missing),
        ("expired", &found.expired),
        ("rejected", &found.rejected),
        ("expiring", &found.expiring),
    ];
    assert_eq!(found.is_complete(), lists[..3].iter().all(|(_, list)| list.is_empty()));
    let mut said: Vec<String> = lists
        .iter()
        .flat_map(|(name, list)| list.iter().map(move |lack| format!("{name}: {} / {}", lack.english, lack.chinese)))
        .collect();
    said.extend(found.unseen.iter().map(|kind| format!("unseen: {}", kind.word())));
    said.join("; ")
}

#[test]
fn what_is_not_there_is_missing_with_what_to_send() {
    assert_eq!(
        said(&needed(None, 1), &[]),
        "missing: Missing: a gene test report. Send every page as PDF, JPEG or PNG. / \
         缺少基因检测报告。请上传全部页面（PDF、JPEG 或 PNG）。"
    );
    assert_eq!(
        said(&needed(Some(90), 2), &[file(ON, Verdict::Accepted)]),
        "missing: Missing: a gene test report (1 of 2 files). Send every page as PDF, JPEG or PNG, issued no more than \
         90 days before. / 缺少基因检测报告（需 2 份，已有 1 份）。请上传全部页面（PDF、JPEG 或 PNG），出具日期须在 90 天以内。"
    );
    let other = HandedIn { kind: MaterialKind::Policy, ..file(ON, Verdict::Accepted) };
    assert!(said(&needed(None, 1), &[other]).starts_with("missing: "));
}

#[test]
fn what_is_there_is_complete_until_its_last_day() {
    let accepted = |issued_on| file(issued_on, Verdict::Accepted);
    // 90 days behind 2025-12-02 are over with 2026-03-02.
    assert!(
        said(&needed(Some(90), 1), &[accepted(date(2025, 12, 2))]).starts_with(
            "expiring: Expires soon: a gene test report is valid until 2026-03-02. Have a newer one ready."
        )
    );
    assert_eq!(
        said(&needed(Some(90), 1), &[accepted(date(2025, 12, 1))]),
        "expired: Expired: a gene test report was valid until 2026-03-01. Send a newer one, every page as PDF, JPEG or \
         PNG, issued no more than 90 days before. / 基因检测报告已于 2026-03-01 过期。请重新上传新的全部页面（PDF、JPEG 或 \
         PNG），出具日期须在 90 天以内。"
    );
    // 14 days before it is said, 15 days before it is not.
    assert!(said(&needed(Some(90), 1), &[accepted(date(2025, 12, 15))]).starts_with("expiring: "));
    assert_eq!(said(&needed(Some(90), 1), &[accepted(date(2025, 12, 16))]), "");
    let own = HandedIn { expires_on: Some(date(2026, 3, 1)), ..accepted(ON) };
    assert!(said(&needed(None, 1), std::slice::from_ref(&own)).starts_with("expired: "));
    // One that stays is enough.
    assert_eq!(said(&needed(None, 1), &[own, accepted(ON)]), "");
    assert_eq!(said(&needed(Some(90), 1), &[accepted(date(2025, 12, 2)), accepted(ON)]), "");
}

#[test]
fn what_a_reviewer_says_counts() {
    let rejected = file(ON, Verdict::Rejected("blurred".to_owned()));
    assert_eq!(
        said(&needed(None, 1), std::slice::from_ref(&rejected)),
        "rejected: Not accepted: a gene test report (blurred). Send it again, every page as PDF, JPEG or PNG. / \
         基因检测报告未通过审核（blurred）。请重新上传全部页面（PDF、JPEG 或 PNG）。"
    );
    assert_eq!(said(&needed(None, 1), &[file(ON, Verdict::Unseen)]), "unseen: gene_test");
    assert_eq!(said(&needed(None, 1), &[rejected.clone(), file(ON, Verdict::Accepted)]), "");
    let old = file(date(2020, 1, 1), Verdict::Accepted);
    assert!(said(&needed(Some(90), 1), &[old, rejected]).starts_with("rejected: "));
}

#[test]
fn what_is_asked_for_again_is_not_answered_by_what_was_there() {
    let there = file(ON, Verdict::Accepted);
    let since = |text: &str| Needed { since: Some(text.parse().unwrap()), ..needed(None, 1) };
    assert!(said(&since("2026-03-01T08:00:01Z"), std::slice::from_ref(&there)).starts_with("missing: "));
    assert_eq!(said(&since("2026-03-01T08:00:00Z"), &[there]), "");
}

#[test]
fn every_kind_has_its_sentence_in_both_languages() {
    for kind in MaterialKind::ALL {
        let found = completeness(&[Needed { kind, ..needed(Some(30), 1) }], &[], ON);
        let (english, chinese) = kind.names();
        assert!(found.missing[0].english.contains(english) && found.missing[0].chinese.contains(chinese));
        assert_eq!(MaterialKind::from_word(kind.word()), Some(kind));
    }
}
