//! Rows of the kernel matrix, kept as far as memory allows.

use super::kernel::{Kernel, PackedRows};

/// The kernel matrix of the rows of a problem, computed row by row when it is asked for. Rows
/// are kept within a budget; the one not used for longest makes room. What is kept changes the
/// time but no bit.
pub(super) struct Gram {
    kernel: Kernel,
    rows: PackedRows,
    /// `(n_rows,)`: the kernel of each row with itself.
    pub diagonal: Vec<f64>,
    /// Where a row is kept, `usize::MAX` where it is not.
    slot_of: Vec<usize>,
    slots: Vec<Slot>,
    most_slots: usize,
    clock: u64,
    /// Numbers computed so far, as a measure of time.
    pub work: u64,
}

struct Slot {
    row: usize,
    last_used: u64,
    values: Vec<f64>,
}

const NONE: usize = usize::MAX;

impl Gram {
    /// - `budget`: bytes for rows kept; two rows are kept at least.
    pub(super) fn new(kernel: Kernel, rows: PackedRows, budget: usize) -> Self {
        let n = rows.len();
        let mut alone = [0.0];
        let mut with_itself = |row: usize| {
            let row = rows.row(row);
            let single = PackedRows::new(std::iter::once(row.as_slice()), row.len());
            kernel.evaluate(&single, &row, &mut alone);
            alone[0]
        };
        Self {
            diagonal: (0..n).map(&mut with_itself).collect(),
            kernel,
            slot_of: vec![NONE; n],
            slots: Vec::new(),
            most_slots: (budget / (8 * n.max(1))).max(2),
            clock: 0,
            work: 0,
            rows,
        }
    }

    /// Rows `i` and `j`, `(n_rows,)` each.
    pub(super) fn pair(&mut self, i: usize, j: usize) -> (&[f64], &[f64]) {
        let a = self.keep(i);
        let b = self.keep(j);
        (&self.slots[a].values, &self.slots[b].values)
    }

    /// Row `i` and the diagonal, `(n_rows,)` each.
    pub(super) fn row_and_diagonal(&mut self, i: usize) -> (&[f64], &[f64]) {
        let slot = self.keep(i);
        (&self.slots[slot].values, &self.diagonal)
    }

    fn keep(&mut self, row: usize) -> usize {
        self.clock += 1;
        let mut slot = self.slot_of[row];
        if slot == NONE {
            slot = self.free_slot();
            let values = &mut self.slots[slot].values;
            self.kernel
                .evaluate(&self.rows, &self.rows.row(row), values);
            self.work += self.rows.size() as u64;
            self.slots[slot].row = row;
            self.slot_of[row] = slot;
        }
        self.slots[slot].last_used = self.clock;
        slot
    }

    /// A new slot, or that of the row not used for longest.
    fn free_slot(&mut self) -> usize {
        if self.slots.len() < self.most_slots {
            self.slots.push(Slot {
                row: NONE,
                last_used: 0,
                values: vec![0.0; self.rows.len()],
            });
            return self.slots.len() - 1;
        }
        let oldest = self.slots.iter().enumerate();
        let oldest = oldest.min_by_key(|(_, slot)| slot.last_used);
        let index = oldest.map_or(0, |(index, _)| index);
        if let Some(slot) = self.slot_of.get_mut(self.slots[index].row) {
            *slot = NONE;
        }
        index
    }
}
