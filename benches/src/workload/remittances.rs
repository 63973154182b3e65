//! Remittance files: one payment of many lines, each of which pays a claim in full.

use std::fmt::Write;

use dianfu_ledger::money::{Currency, Money};

/// What every line of workload REMIT pays, in minor units.
pub const LINE_MINOR: i64 = 160_000;

/// The number under which a line's claim was sent.
pub fn claim_no(trace: &str, line: usize) -> String {
    format!("{trace}-{line}")
}

/// What a file of so many lines pays, so much each.
pub fn paid_minor(lines: usize, line_minor: i64) -> i64 {
    line_minor * i64::try_from(lines).expect("a file has few lines")
}

/// A file (X12 835) of so many lines that pay so much each.
pub fn file(trace: &str, lines: usize, line_minor: i64) -> String {
    let text = |minor: i64| Money::new(minor, Currency::CNY).to_decimal_string();
    let (amount, paid) = (text(line_minor), text(paid_minor(lines, line_minor)));
    let mut file = format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*20260302*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*ACH************20260302~\
         TRN*1*{trace}*1512345678~CUR*PR*CNY~N1*PR*INSURER~N1*PE*DIANFU*XX*1~LX*1~"
    );
    for line in 1..=lines {
        let claim_no = claim_no(trace, line);
        write!(file, "CLP*{claim_no}*1*{amount}*{amount}**12*{claim_no}~").expect("a string takes everything");
    }
    // From ST to SE itself: seven segments before the first line.
    write!(file, "SE*{}*0001~GE*1*1~IEA*1*000000001~", lines + 8).expect("a string takes everything");
    file
}

#[cfg(test)]
mod tests {
    use dianfu_reconcile::check::examine;

    use super::*;

    #[test]
    fn a_file_holds_and_pays_every_line() {
        let (remittances, verdict) = examine(file("T-1", 12, LINE_MINOR).as_bytes());
        assert!(verdict.balanced, "{verdict:?}");
        assert_eq!((remittances.len(), remittances[0].lines.len()), (1, 12));
        assert_eq!(remittances[0].paid_minor, paid_minor(12, LINE_MINOR));
    }
}
