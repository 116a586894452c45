//! How far a training is, on one line of a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use handlens::models::Progress;

use crate::report::short;

/// Often enough to look alive, seldom enough to cost nothing.
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: usize = 24;

/// A bar on standard error; silent where that is no terminal.
pub struct Bar {
    is_shown: bool,
    unit: &'static str,
    drawn: Option<Instant>,
}

impl Bar {
    /// A bar that counts in `unit`.
    pub fn new(unit: &'static str) -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            unit,
            drawn: None,
        }
    }

    /// Draws where the training stands, if it is time to.
    pub fn show(&mut self, progress: &Progress) {
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= EVERY);
        if self.is_shown && is_due {
            // A bar that cannot be drawn is no reason to stop.
            let _ = write!(io::stderr(), "\r\x1b[K{}", line(progress, self.unit));
            self.drawn = Some(Instant::now());
        }
    }

    /// Takes the bar away.
    pub fn clear(self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(progress: &Progress, unit: &str) -> String {
    let share = (progress.position / progress.total).clamp(0.0, 1.0);
    // A total of 0 has no share; `as` makes 0 of it.
    let n_full = (share * WIDTH as f64) as usize;
    let loss = progress.loss.map(|loss| format!(", loss {}", short(loss)));
    format!(
        "[{}{}] {unit} {} of {}{}",
        "=".repeat(n_full),
        " ".repeat(WIDTH - n_full.min(WIDTH)),
        short(progress.position),
        short(progress.total),
        loss.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::line;
    use handlens::models::Progress;

    #[test]
    fn the_bar_fills() {
        let at = |position, total| Progress {
            position,
            total,
            ..Progress::default()
        };
        assert_eq!(
            line(&at(5.0, 10.0), "epoch"),
            "[============            ] epoch 5 of 10"
        );
        assert_eq!(
            line(&at(0.0, 0.0), "pass"),
            "[                        ] pass 0 of 0"
        );
    }
}
