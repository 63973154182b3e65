//! How far long work is, on a terminal: a bar, the rate, and what is left. Elsewhere nothing is shown.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over so many of something; 0 while that is not known. Its message stands behind the rate.
pub fn bar(total: u64, unit: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = format!("{{bar:40}} {{human_pos}} of {{human_len}} {unit}, {{per_sec}}, {{eta}} left {{msg}}");
    ProgressBar::new(total).with_style(ProgressStyle::with_template(&template).expect("the template is well formed"))
}

/// A bar over the bytes of a file.
pub fn bytes(total: u64) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = "{bar:40} {binary_bytes} of {binary_total_bytes}, {eta} left, {msg}";
    ProgressBar::new(total).with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}
