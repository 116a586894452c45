//! How long answers take and how they end, for `/metrics`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Seconds up to which the buckets of the histogram count, the last for all else.
const BOUNDS: [f64; 13] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// Codes of HTTP are below.
const STATUSES: usize = 600;

/// Counters of answers.
#[derive(Debug)]
pub struct Load {
    /// Answers within each bound and above the one before; then those above all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
    by_status: Vec<AtomicU64>,
}

impl Load {
    pub fn new() -> Self {
        Self {
            buckets: Default::default(),
            microseconds: AtomicU64::new(0),
            by_status: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Counts an answer.
    pub fn add(&self, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let place = BOUNDS.partition_point(|bound| *bound < seconds);
        self.buckets[place].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(micros, Ordering::Relaxed);
        if let Some(count) = self.by_status.get(usize::from(status)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counters in the text format of Prometheus.
    ///
    /// - `n_under_way`: requests that are read or answered now.
    pub fn text(&self, n_under_way: usize) -> String {
        let mut text = format!(
            "# HELP handlens_under_way Requests that are read or answered now.\n# TYPE handlens_under_way gauge\nhandlens_under_way {n_under_way}\n# HELP handlens_answers_total Answers by status.\n# TYPE handlens_answers_total counter\n"
        );
        for (status, count) in self.by_status.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                let _ = writeln!(
                    text,
                    "handlens_answers_total{{status=\"{status}\"}} {count}"
                );
            }
        }
        text += "# HELP handlens_answer_seconds From the head of a request to its answer.\n# TYPE handlens_answer_seconds histogram\n";
        let mut sum = 0;
        let bounds = BOUNDS.iter().map(f64::to_string);
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            sum += bucket.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "handlens_answer_seconds_bucket{{le=\"{bound}\"}} {sum}"
            );
        }
        let seconds = self.microseconds.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(
            text,
            "handlens_answer_seconds_sum {seconds}\nhandlens_answer_seconds_count {sum}"
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let load = Load::new();
        for micros in [100, 250, 251, 20_000_000] {
            load.add(200, Duration::from_micros(micros));
        }
        load.add(404, Duration::from_millis(3));
        let text = load.text(2);
        for line in [
            "handlens_under_way 2",
            "handlens_answers_total{status=\"200\"} 4",
            "handlens_answers_total{status=\"404\"} 1",
            "handlens_answer_seconds_bucket{le=\"0.00025\"} 2",
            "handlens_answer_seconds_bucket{le=\"0.0005\"} 3",
            "handlens_answer_seconds_bucket{le=\"0.005\"} 4",
            "handlens_answer_seconds_bucket{le=\"10\"} 4",
            "handlens_answer_seconds_bucket{le=\"+Inf\"} 5",
            "handlens_answer_seconds_sum 20.003601",
            "handlens_answer_seconds_count 5",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
