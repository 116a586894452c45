"""What every way out said beside the model itself: one table, filled by the tests as they compare.

A cell holds the rows that were asked, how many labels differ, and the largest difference of a
number: absolute below 1, relative above. The last table stands in `target/parity.md`; `docs/parity.md`
is a copy of it.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = """# What every way out says beside the model itself

Each cell: rows asked, labels that differ, largest difference of a number (absolute below 1, relative
above). The rows have gaps, levels that training never saw, hostile names; for ONNX also ties and
thresholds hit exactly. Nets compute with 32 bits, and most of their consumers with 64. “–”: there is no
such form of this algorithm, and the program says so in words.

The table is made by the tests: `cargo xtask test --only interop` writes it to `target/parity.md`.
"""


@dataclass
class Compared:
    rows: int = 0
    differing: int = 0
    largest: float = 0.0

    def __str__(self):
        return f"{self.rows:,} · {self.differing} · {self.largest:.0e}" if self.largest else f"{self.rows:,} · {self.differing} · 0"


TABLE: dict[str, dict[str, Compared]] = defaultdict(lambda: defaultdict(Compared))


def difference(ours, theirs):
    return abs(ours - theirs) / max(1.0, abs(ours))


def record(algorithm, outlet, rows, differing, largest):
    cell = TABLE[algorithm][outlet]
    cell.rows += rows
    cell.differing += differing
    cell.largest = max(cell.largest, largest)


def as_markdown():
    outlets = sorted({outlet for cells in TABLE.values() for outlet in cells})
    lines = [["algorithm", *outlets], ["---"] * (1 + len(outlets))]
    lines += [[name, *(str(cells[o]) if o in cells else "–" for o in outlets)] for name, cells in sorted(TABLE.items())]
    return HEAD + "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write():
    """Writes the table if anything was compared, and tells where."""
    if not TABLE:
        return None
    path = ROOT / "target" / "parity.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_markdown(), encoding="utf-8")
    return path
