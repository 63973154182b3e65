//! Clocks, percentiles, and what the operating system says of a process.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies in microseconds, up to a minute.
pub struct Latencies(Histogram<u64>);

/// None yet.
impl Default for Latencies {
    fn default() -> Latencies {
        Latencies(Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are in order"))
    }
}

impl Latencies {
    /// Counts one.
    pub fn record(&mut self, taken: Duration) {
        self.0.saturating_record(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts another caller's.
    pub fn add(&mut self, other: &Latencies) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// How many were counted.
    #[cfg(test)]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that a share of all calls stays under, in milliseconds.
    pub fn percentile_ms(&self, percentile: f64) -> f64 {
        let micros = u32::try_from(self.0.value_at_percentile(percentile)).unwrap_or(u32::MAX);
        f64::from(micros) / 1_000.0
    }
}

/// A count as a number to reckon with; none of a run reaches what a float holds exactly.
pub fn number(count: usize) -> f64 {
    let count = u64::try_from(count).expect("counts are 64 bits at most");
    let part = |bits: u64| f64::from(u32::try_from(bits & u64::from(u32::MAX)).expect("32 bits are left"));
    part(count >> 32) * 4_294_967_296.0 + part(count)
}

/// How many a second; none in no time.
pub fn per_second(count: usize, took: Duration) -> f64 {
    if took.is_zero() { 0.0 } else { number(count) / took.as_secs_f64() }
}

/// Bytes a unit; none of nothing.
pub fn bytes_each(total: i64, units: usize) -> f64 {
    let total = usize::try_from(total).unwrap_or(0);
    if units == 0 { 0.0 } else { number(total) / number(units) }
}

/// Microseconds a unit; none of nothing.
pub fn micros_each(took: Duration, units: usize) -> f64 {
    if units == 0 { 0.0 } else { took.as_secs_f64() * 1_000_000.0 / number(units) }
}

/// In milliseconds.
pub fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Forgets the peak of this process's memory so far, where the kernel allows it.
pub fn forget_peak_memory() {
    forget_peak_memory_of(std::process::id());
}

/// The same of another process.
pub fn forget_peak_memory_of(process: u32) {
    if let Err(error) = std::fs::write(format!("/proc/{process}/clear_refs"), "5") {
        eprintln!("the peak of memory cannot be reset ({error}): it is that of the whole run so far");
    }
}

/// The peak of this process's memory, in MiB.
pub fn peak_memory_mb() -> anyhow::Result<u32> {
    peak_memory_mb_of(std::process::id())
}

/// The peak of a process's memory, in MiB.
pub fn peak_memory_mb_of(process: u32) -> anyhow::Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u32> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    Ok(kib.ok_or_else(|| anyhow::anyhow!("the kernel does not tell VmHWM"))? / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn counts_stay_what_they_are() {
        assert_eq!(number(5_000_000_000), 5_000_000_000.0);
        assert_eq!(bytes_each(300, 200), 1.5);
        assert_eq!((bytes_each(1, 0), per_second(1, Duration::ZERO), micros_each(Duration::ZERO, 0)), (0.0, 0.0, 0.0));
        assert_eq!(per_second(3, Duration::from_millis(1_500)), 2.0);
    }
}
