"""The rows of recognition.py: a line each at the terminal and in a file, and the table of them."""

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What was measured of one picture; None for what it has not."""

    way: str
    target: str
    seed: int
    settings: str
    asked_strokes: int
    score: float
    robust: float | None
    gap: float | None = None
    specks: float | None = None
    by_hand: float | None = None
    probability: float | None = None
    rank: int | None = None
    plot_rank: int | None = None
    preview_rank: int | None = None
    strokes: int | None = None
    minutes: float | None = None
    seconds: float | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.way, self.target, self.seed, self.settings, self.asked_strokes)


def line_of(row: Row) -> str:
    """Return a row for the terminal, without what it has not."""
    cells = {name: value for name, value in asdict(row).items() if value is not None}
    hidden = ("way", "target", "seed", "settings", "asked_strokes")
    said = [f"{name} {value:.3g}" for name, value in cells.items() if name not in hidden]
    return f"seed {row.seed} {row.way:14} {', '.join(said)}"


# A column of the summary: its head, the row's value, how they become one number, and its form.
Column = tuple[str, Callable[[Row], float | None], Callable[[Iterable[float]], float], str]


def within(most: int, name: str) -> Callable[[Row], float | None]:
    def value(row: Row) -> float | None:
        rank = getattr(row, name)
        return None if rank is None else float(rank <= most)

    return value


def summary(rows: Sequence[Row]) -> str:
    """Return the table: shares of pictures for ranks, medians (or worst values) for the rest."""
    free = {row.key[1:]: row.score for row in rows if row.way == "unconstrained"}

    def kept(row: Row) -> float | None:
        best = free.get(row.key[1:])
        return row.score / best if best and best > 0 else None

    columns: list[Column] = [
        ("pictures", lambda row: 1.0, sum, "d"),
        ("kept", kept, statistics.median, ".2f"),
        ("least kept", kept, min, ".2f"),
        ("gap", lambda row: row.gap, statistics.median, ".3f"),
        ("worst gap", lambda row: row.gap, max, ".3f"),
        ("specks", lambda row: row.specks, max, ".2%"),
        ("robust", lambda row: row.robust, statistics.median, ".2f"),
        ("by hand", lambda row: row.by_hand, statistics.median, ".2f"),
        ("strokes", lambda row: row.strokes, statistics.median, ".0f"),
        ("minutes", lambda row: row.minutes, statistics.median, ".0f"),
        ("seconds", lambda row: row.seconds, statistics.median, ".0f"),
    ]
    for head, name in (
        ("", "rank"),
        (" of the plot", "plot_rank"),
        (" of preview.png", "preview_rank"),
    ):
        for most in (1, 5):
            columns.append((f"top-{most}{head}", within(most, name), statistics.mean, ".0%"))
    lines = ["| way | " + " | ".join(column[0] for column in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for way in dict.fromkeys(row.way for row in rows):
        cells = [cell(column, [row for row in rows if row.way == way]) for column in columns]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(column: Column, rows: Sequence[Row]) -> str:
    _, value, join, form = column
    values = [each for each in map(value, rows) if each is not None]
    joined = join(values) if values else None
    return "-" if joined is None else format(int(joined) if form == "d" else joined, form)


def keep_row(path: Path, row: Row) -> None:
    """Append a row; a line at once, so that several processes may."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row)) + "\n")


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, each picture's last."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    rows = [Row(**json.loads(line)) for line in lines if line.endswith("}")]
    return list({row.key: row for row in rows}.values())
