//! What is lacking, said to who is to send it.

use jiff::civil::Date;

use super::rules::Needed;

/// What there is to say of a kind.
#[derive(Clone, Copy, Debug)]
pub enum Wording<'a> {
    /// So many files of it are there, and more are needed.
    Missing(usize),
    /// It was valid until a day.
    Expired(Date),
    /// A reviewer says that it will not do, and why.
    Rejected(&'a str),
    /// It is valid until a day that is near.
    Expiring(Date),
}

/// The sentence in English and in Chinese.
pub fn wording(needed: &Needed, what: Wording<'_>) -> (String, String) {
    let (name, chinese_name) = needed.kind.names();
    let (how, chinese_how) = how(needed.valid_days);
    match what {
        Wording::Missing(there) => {
            let (count, chinese_count) = counted(there, needed.files);
            let english = format!("Missing: {name}{count}. Send {how}.");
            (english, format!("缺少{chinese_name}{chinese_count}。请上传{chinese_how}。"))
        }
        Wording::Expired(last) => (
            format!("Expired: {name} was valid until {last}. Send a newer one, {how}."),
            format!("{chinese_name}已于 {last} 过期。请重新上传新的{chinese_how}。"),
        ),
        Wording::Rejected(reason) => (
            format!("Not accepted: {name} ({reason}). Send it again, {how}."),
            format!("{chinese_name}未通过审核（{reason}）。请重新上传{chinese_how}。"),
        ),
        Wording::Expiring(last) => (
            format!("Expires soon: {name} is valid until {last}. Have a newer one ready."),
            format!("{chinese_name}将于 {last} 到期。请准备新的材料。"),
        ),
    }
}

fn how(valid_days: Option<i32>) -> (String, String) {
    let (how, chinese) = ("every page as PDF, JPEG or PNG", "全部页面（PDF、JPEG 或 PNG）");
    match valid_days {
        None => (how.to_owned(), chinese.to_owned()),
        Some(days) => {
            (format!("{how}, issued no more than {days} days before"), format!("{chinese}，出具日期须在 {days} 天以内"))
        }
    }
}

fn counted(there: usize, files: i32) -> (String, String) {
    if files == 1 {
        return (String::new(), String::new());
    }
    (format!(" ({there} of {files} files)"), format!("（需 {files} 份，已有 {there} 份）"))
}
