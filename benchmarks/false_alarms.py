"""How often a check raises an alarm on an honest export.

    python benchmarks/false_alarms.py                     every style, 20 seeds: 5 to 10 minutes
    python benchmarks/false_alarms.py --seeds 3           the first seeds only
    python benchmarks/false_alarms.py --style keras       styles whose name contains the text

Each run generates an honest export (`tests/honest`), audits it with every check and counts the
outcomes. The alarm rate is runs with a finding at WARNING or ERROR over runs in which the check
came to a conclusion (PASS or FAIL); beside it stands its exact upper 95 % bound (Clopper and
Pearson, one-sided), which for no alarm in n runs is about 3 / n. Seeds of one style are not
independent styles, so the bound is about exports like these. A check that crashes counts as an
alarm. Exit code 1 when a check found an ERROR or crashed. The numbers do not depend on the number
of processes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from audit.model.severity import Severity
from tests.harness import audit_export
from tests.honest import STYLES

COLUMNS = ("PASS", "NOTE", "WARNING", "ERROR", "REVIEW", "NOT_APPLICABLE", "crashed")


@dataclass(frozen=True)
class Run:
    """Outcome of every check on one export, and the text of its alarms."""

    name: str
    seed: int
    outcomes: dict[str, str]
    alarms: tuple[str, ...]


@dataclass
class Tally:
    """Outcomes by check."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        for check, outcome in run.outcomes.items():
            self.counts.setdefault(check, Counter())[outcome] += 1

    def total(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())


def audit_one(job: tuple[str, int]) -> Run:
    """Generate and audit one export; a check's outcome is that of its worst finding."""
    name, seed = job
    with tempfile.TemporaryDirectory() as folder:
        report = audit_export(STYLES[name].build(Path(folder), seed))
    outcomes: dict[str, str] = {}
    alarms: list[str] = []
    for run in report.runs:
        outcome = run.verdict.value
        if outcome == "ERROR":
            outcome = "crashed"
            alarms.append(f"{run.check_id} crashed: {run.reason}")
        elif run.findings:
            outcome = max(finding.severity for finding in run.findings).name
        for finding in run.findings:
            if finding.severity >= Severity.WARNING:
                alarms.append(f"{run.check_id} {finding.severity.name}: {finding.message}")
        outcomes[run.check_id] = outcome
    return Run(name, seed, outcomes, tuple(alarms))


def upper_bound(alarms: int, n: int) -> float:
    """Exact one-sided upper 95 % bound of a rate."""
    from scipy.stats import beta

    if n == 0 or alarms == n:
        return 1.0
    return float(beta.ppf(0.95, alarms + 1, n - alarms))


def results(jobs: Sequence[tuple[str, int]], processes: int) -> Iterator[Run]:
    if processes == 1:
        yield from map(audit_one, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(audit_one, jobs, chunksize=4)


def as_table(tally: Tally) -> Table:
    table = Table(title="Outcomes on honest exports")
    table.add_column("check")
    for column in ("runs", *COLUMNS, "alarms", "at most (95 %)"):
        table.add_column(column.replace("_", " ").lower(), justify="right")
    for check, counts in sorted(tally.counts.items()):
        table.add_row(check, *_cells(counts))
    table.add_section()
    table.add_row("all", *_cells(tally.total()))
    return table


def _cells(counts: Counter[str]) -> list[str]:
    alarms = counts["WARNING"] + counts["ERROR"] + counts["crashed"]
    concluded = alarms + counts["PASS"] + counts["NOTE"]
    rate = f"{alarms / concluded:.2%}" if concluded else "-"
    bound = f"{upper_bound(alarms, concluded):.2%}" if concluded else "-"
    return [str(counts.total()), *(str(counts[name] or "") for name in COLUMNS), rate, bound]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="seeds of every style")
    parser.add_argument("--style", default="", help="only styles whose name contains this")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    names = [name for name in sorted(STYLES) if options.style in name]
    if not names:
        parser.error(f"no style contains {options.style!r}; there are {', '.join(sorted(STYLES))}")
    jobs = [(name, seed) for name in names for seed in range(options.seeds)]
    console = Console(width=None if sys.stdout.isatty() else 140)
    tally, alarms = Tally(), []
    columns = (TextColumn("auditing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for run in progress.track(results(jobs, options.processes), total=len(jobs)):
            tally.add(run)
            alarms += [f"{run.name}, seed {run.seed}: {text}" for text in run.alarms]
    console.print(as_table(tally))
    console.print(f"{len(names)} styles, {options.seeds} seeds, {len(jobs)} exports")
    for alarm in alarms[:200]:
        console.print(alarm, markup=False, highlight=False)
    total = tally.total()
    wrong = total["ERROR"] + total["crashed"]
    console.print(f"False alarms at ERROR: {wrong}; at WARNING: {total['WARNING']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
