"""How many rows texts say that augmentation made or left, held against the marked rows."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.artifacts import Code, DocumentKind, Documents, RawData, SplitRole, Splits
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.kit.intervals import Interval
from checks.kit.run_names import runs_named
from checks.kit.written_counts import StatedCount, stated_counts

_ANCHORS = 2  # other counts of the document that are right: it is about this run


def miscounted(
    documents: Documents | None, code: Code | None, splits: Splits, raw: RawData | None
) -> list[Finding]:
    """Counts beside words of augmentation that are no count of the run, one finding a document.

    Parameters
    ----------
    documents : Documents, optional
        Files, Markdown cells and recorded outputs.
    code : Code, optional
        Names shapes that a cell shows without words.
    splits : Splits
        Nothing is claimed unless a column of the training rows marks copies.
    raw : RawData, optional
        The source rows.
    """
    if documents is None or splits.train.synthetic is None or not splits.train.synthetic.any():
        return []
    known = _known(splits, raw)
    findings = []
    for counts in _by_document(documents, code):
        right = {count.rows.value for count in counts if _is_right(count, known)}
        wrong = [c for c in counts if c.names_augmentation and not _is_right(c, known)]
        wrong = [c for c in wrong if not c.names_windows and not runs_named(c.location.text)]
        if len({count.rows.value for count in wrong}) == 1 and len(right) >= _ANCHORS:
            findings.append(_finding(wrong[0], splits))
    return findings


def _by_document(documents: Documents, code: Code | None) -> Iterator[list[StatedCount]]:
    """Counts of rows in training or of all; the outputs of a notebook are one document."""
    found: dict[tuple[str, DocumentKind], list[StatedCount]] = {}
    for document in documents.items:
        own = found.setdefault((document.path, document.kind), [])
        own += stated_counts(document, code)
    yield from found.values()


def _known(splits: Splits, raw: RawData | None) -> set[int]:
    """Rows, originals and copies of each split and of several together, and the source rows."""
    numbers = {raw.n} if raw is not None else set()
    rows = originals = 0
    for split in (splits.train, *splits.held_out):
        own = len(split)
        copies = int(split.synthetic.sum()) if split.synthetic is not None else 0
        rows, originals = rows + own, originals + own - copies
        numbers |= {own, copies, own - copies, rows, originals, rows - originals}
    held_out = sum(len(split) for split in splits.held_out)
    return numbers | {held_out}


def _is_right(count: StatedCount, known: set[int]) -> bool:
    return any(count.rows.interval.overlaps(Interval(n, n)) for n in known)


def _finding(count: StatedCount, splits: Splits) -> Finding:
    train = splits.train
    assert train.synthetic is not None
    copies = int(train.synthetic.sum())
    of_what = "training rows" if count.role is SplitRole.TRAIN else "rows"
    return Finding(
        check_id="AU302",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"the text says {count.rows.text} {of_what} beside words of augmentation, but "
        f"{len(train):,} rows are in {train.path}: {len(train) - copies:,} originals and "
        f"{copies:,} copies",
        locations=(count.location,),
        evidence=(
            Evidence(
                "stated_rows",
                count.rows.value,
                expected=len(train),
                unit="rows",
                method=f"{count.location}; expected: rows of {train.path}",
            ),
            Evidence(
                "synthetic_rows",
                copies,
                unit="rows",
                n=len(train),
                method=f"rows of {train.path} that a column marks as copies",
            ),
        ),
        remedy=Remedy("Write the counts from the arrays that are trained on, after augmentation."),
        subject=f"counted:{count.location.path}:{count.location.cell}:{count.stage.value}",
        why="Who reads the text believes in another data set than the one that was trained on.",
    )
