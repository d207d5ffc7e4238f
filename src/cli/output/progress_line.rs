//! One line about a running stage: how much is done, how fast, how long it still takes, and the
//! memory; never longer than it may be.

use std::time::Duration;

use eigenlex::Stage;
use eigenlex::storage::format_bytes;

/// What is known of a running stage.
pub(crate) struct ProgressLine<'a> {
    pub(crate) stage: Stage,
    pub(crate) position: u64,
    pub(crate) total: Option<u64>,
    pub(crate) elapsed: Duration,
    /// How long the stage will take in all, if the stage itself has said so.
    pub(crate) expected: Option<Duration>,
    pub(crate) memory: u64,
    pub(crate) note: &'a str,
}

/// Columns of the bar itself.
const BAR: std::ops::RangeInclusive<usize> = 8..=24;

/// No estimate is shown before so much of a stage is done, and so much time has gone.
const LEAST_DONE: f64 = 0.03;
const LEAST_ELAPSED: Duration = Duration::from_secs(1);

impl ProgressLine<'_> {
    /// With a bar, in so many columns.
    pub(crate) fn with_bar(&self, width: usize) -> String {
        let name = format!("{:>10} ", self.stage.to_string());
        let rest = self.rest(width.saturating_sub(name.chars().count() + BAR.start() + 3));
        let left = width.saturating_sub(name.chars().count() + rest.chars().count() + 3);
        let Some(done) = self.done().filter(|_| left >= *BAR.start()) else {
            return cut(format!("{name}{rest}"), width);
        };
        let columns = left.min(*BAR.end());
        let full = ((done * columns as f64) as usize).min(columns);
        cut(format!("{name}[{}{}] {rest}", "=".repeat(full), " ".repeat(columns - full)), width)
    }

    /// As text alone, in so many columns.
    pub(crate) fn without_bar(&self, width: usize) -> String {
        let name = format!("{:<10} ", self.stage.to_string());
        let rest = self.rest(width.saturating_sub(name.chars().count()));
        cut(format!("{name}{rest}"), width)
    }

    /// The share that is done, if that is known.
    fn done(&self) -> Option<f64> {
        let done = match self.expected {
            Some(expected) => self.elapsed.as_secs_f64() / expected.as_secs_f64(),
            None => self.position as f64 / self.total.filter(|&total| total > 0)? as f64,
        };
        Some(done.clamp(0.0, 1.0))
    }

    fn rest(&self, width: usize) -> String {
        let (amount, time) = (self.amount(), self.time());
        let memory = if self.memory == 0 { String::new() } else { bytes(self.memory) };
        let note = self.note.to_owned();
        let joined = |parts: &[&String]| {
            let parts: Vec<&str> =
                parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
            parts.join(", ")
        };
        // Where there is no room for all, the rate loses its unit first, which is that of the
        // amount, and then goes.
        let rates = [true, false].map(|with_unit| self.rate(with_unit));
        let with_rate = rates.iter().map(|rate| joined(&[&amount, rate, &time, &memory, &note]));
        with_rate
            .into_iter()
            .find(|all| all.chars().count() <= width)
            .unwrap_or_else(|| joined(&[&amount, &time, &memory, &note]))
    }

    /// `8.86 M of 22.8 M tokens`.
    fn amount(&self) -> String {
        let unit = self.stage.unit();
        match (unit, self.total) {
            (_, None) if self.position == 0 => String::new(),
            // What is going on in a round, the note says.
            ("rounds", None) => String::new(),
            (_, Some(total)) if self.position == 0 && unit != "bytes" => {
                format!("{} {unit}", number(total as f64))
            }
            ("bytes", None) => bytes(self.position),
            ("bytes", Some(total)) => format!("{} of {}", bytes(self.position), bytes(total)),
            (_, None) => format!("{} {unit}", number(self.position as f64)),
            (_, Some(total)) => {
                format!("{} of {} {unit}", number(self.position as f64), number(total as f64))
            }
        }
    }

    /// `1.24 M tokens/s`, or `1.24 M/s`; nothing where units are not alike.
    fn rate(&self, with_unit: bool) -> String {
        let per_second = self.position as f64 / self.elapsed.as_secs_f64();
        match (self.stage.unit(), self.position) {
            (_, 0) | ("triplets" | "rounds" | "starts", _) => String::new(),
            _ if self.elapsed < LEAST_ELAPSED => String::new(),
            ("bytes", _) => format!("{}/s", bytes(per_second as u64)),
            (unit, _) if with_unit => format!("{} {unit}/s", number(per_second)),
            _ => format!("{}/s", number(per_second)),
        }
    }

    /// What is left, or where that is not known, what has gone.
    fn time(&self) -> String {
        let left = match (self.expected, self.done()) {
            (Some(expected), _) => expected.checked_sub(self.elapsed),
            // Triplets converge all together at the end: their number says nothing about the time.
            _ if matches!(self.stage.unit(), "triplets" | "rounds") => None,
            (None, Some(done)) if done >= LEAST_DONE && self.elapsed >= LEAST_ELAPSED => {
                Some(self.elapsed.mul_f64((1.0 - done) / done)).filter(|_| done < 1.0)
            }
            _ => None,
        };
        match left {
            Some(left) => format!("ETA {}", clock(left)),
            None => clock(self.elapsed),
        }
    }
}

/// A number with three digits: `886`, `8.86 k`, `22.8 M`.
fn number(value: f64) -> String {
    if value < 999.5 {
        return if value < 9.95 && value.fract() != 0.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.0}")
        };
    }
    scaled(value, 1000.0, &["", "k", "M", "G", "T"])
}

/// Bytes with three digits: `745 MiB`.
fn bytes(value: u64) -> String {
    if value < 1024 {
        format_bytes(value)
    } else {
        scaled(value as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
    }
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$} {}", units[unit])
}

/// `12 s`, `3:05`, `1:02:03`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..100 => format!("{seconds} s"),
        100..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// The beginning of a line that is too long.
fn cut(line: String, width: usize) -> String {
    match line.char_indices().nth(width) {
        None => line,
        Some(_) => line.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(
        stage: Stage,
        position: u64,
        total: Option<u64>,
        seconds: f64,
    ) -> ProgressLine<'static> {
        let elapsed = Duration::from_secs_f64(seconds);
        ProgressLine {
            stage,
            position,
            total,
            elapsed,
            expected: None,
            memory: 745 << 20,
            note: "",
        }
    }

    #[test]
    fn a_line_tells_amount_rate_time_and_memory() {
        let counting = line(Stage::Count, 8_859_780, Some(22_780_370), 4.0);
        assert_eq!(
            counting.without_bar(80),
            "count      8.86 M of 22.8 M tokens, 2.21 M tokens/s, ETA 6 s, 745 MiB"
        );
        assert_eq!(
            counting.with_bar(79),
            "     count [=====         ] 8.86 M of 22.8 M tokens, 2.21 M/s, ETA 6 s, 745 MiB"
        );
        let reading = line(Stage::Read, 130 << 20, None, 2.0);
        assert_eq!(reading.with_bar(79), "      read 130 MiB, 65.0 MiB/s, 2 s, 745 MiB");
    }

    #[test]
    fn an_estimate_of_the_stage_itself_comes_before_that_of_its_advance() {
        let note = "residual 2e-1, 1152 products";
        let svd = ProgressLine {
            expected: Some(Duration::from_secs(200)),
            note,
            ..line(Stage::Svd, 12, Some(301), 50.0)
        };
        assert_eq!(
            svd.without_bar(80),
            "svd        12 of 301 triplets, ETA 2:30, 745 MiB, residual 2e-1, 1152 products"
        );
        let svd = ProgressLine { note, ..line(Stage::Svd, 12, Some(301), 50.0) };
        assert_eq!(
            svd.without_bar(80),
            "svd        12 of 301 triplets, 50 s, 745 MiB, residual 2e-1, 1152 products"
        );
    }

    #[test]
    fn no_line_is_longer_than_it_may_be() {
        let stages = [
            Stage::Tokenize,
            Stage::Vocabulary,
            Stage::Count,
            Stage::Svd,
            Stage::Train,
            Stage::Evaluate,
            Stage::Align,
            Stage::Write,
        ];
        for stage in stages {
            for (position, total) in [
                (0, None),
                (7, Some(10)),
                (123_456_789, Some(987_654_321)),
                (u64::MAX / 2, Some(u64::MAX)),
            ] {
                for note in [
                    "",
                    "residual 3e-1, 1024 products",
                    "start 2 of 3, round 117, objective 0.512, and more than that",
                ] {
                    for expected in [None, Some(Duration::from_secs(123_456))] {
                        for width in [20, 40, 79, 80, 200] {
                            let line = ProgressLine {
                                note,
                                expected,
                                ..line(stage, position, total, 7_000.0)
                            };
                            for shown in [line.with_bar(width), line.without_bar(width)] {
                                assert!(shown.chars().count() <= width, "{shown}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(
            [0.0, 7.0, 0.25, 999.0, 1000.0, 8_859_780.8, 99_960.0].map(number),
            ["0", "7", "0.2", "999", "1.00 k", "8.86 M", "100 k"]
        );
        assert_eq!(
            [512, 1536, 1023 << 20, 3 << 30].map(bytes),
            ["512 B", "1.50 KiB", "1.00 GiB", "3.00 GiB"]
        );
        let clocks =
            [0.4, 99.0, 185.0, 3723.0].map(|seconds| clock(Duration::from_secs_f64(seconds)));
        assert_eq!(clocks, ["0 s", "99 s", "3:05", "1:02:03"]);
    }
}
