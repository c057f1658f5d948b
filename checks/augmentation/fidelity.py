"""AU304: copies that do not look like the originals that they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import CellKind, Code, CodeFacts, Documents, RawData, Splits
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role, sample_rows
from audit.model.severity import Confidence, Severity
from checks.augmentation.distributions import betrayal, series
from checks.augmentation.losses import Bounds, Loss, losses
from checks.augmentation.noise import scaled
from checks.augmentation.origins import Origins, doubt, origins, trusted
from checks.augmentation.pairs import RANDOM_STATE, Pairs, pairs
from checks.augmentation.prose import AUGMENTING
from checks.kit.two_sample import Separation, separation

MAX_PAIRS = 2000
MAX_WORDS = 4  # losses that the message spells out


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of AU304.

    Parameters
    ----------
    min_copies : int
        Fewest copies that are judged.
    support : float
        Share of copies with values that no original has in a column that is constant or takes
        few values.
    outside : float
        Share of entries outside the range of the originals, or whose original lies outside the
        range of the copies.
    ratio : float
        Factor by which the scale of a column may differ.
    distinct : float
        Distinct copies of one original / its copies; below it they collapse.
    max_auc : float
        Lower bound of the AUC of a classifier from which on copies are noted as recognisable.
    """

    min_copies: int = 20
    support: float = 0.05
    outside: float = 0.1
    ratio: float = 4.0
    distinct: float = 0.5
    max_auc: float = 0.9


@check(
    "AU304",
    "Augmented rows do not look like originals",
    Severity.WARNING,
    params=Params,
)
def fidelity(
    splits: Splits,
    raw: RawData | None,
    code: Code | None,
    facts: CodeFacts | None,
    documents: Documents | None,
    params: Params,
) -> Outcome:
    """Copies have values, a scale or a structure that no original has, or are all the same.

    What
    ----
    Copies leave the support of the originals: a column that is constant or takes few values takes
    others, values shrink to another scale or are clipped, rows sum to 1 that did not, or the
    copies of one original are identical to one another although they differ from it.

    Why
    ---
    A model learns from the copies what an input looks like. If these lie elsewhere than the
    originals, it learns another problem, and the target that a copy inherits need not be its own.
    Copies that collapse are one row with a large weight.

    How it is found
    ---------------
    Copies of the training split stand beside their parents or, where these are not known, beside
    originals of the same group and class. Families of columns (`p0 … p19`) are compared: values,
    range, spread of the middle 90 %, entries moved to within a bound, blocks that sum to 1,
    distinct copies for each original. A classifier (ridge regression on ranks, whole numbers and
    random Fourier features) tells copies from originals; its AUC is measured on folds that it was
    not fitted on, with a row and its copies in one fold. An AUC alone is noted, never a warning.

    False alarms
    ------------
    Copies that rearrange the values of an original (flips, symmetries, permutations) and exact
    repeats are left out. Noise on real numbers, interpolation (SMOTE) and scaling up to a factor
    of four pass. Many numbered columns (64 or more: pixels, signals) are judged as a whole,
    because a shifted image fills border pixels. Fractions in a column of many whole numbers are
    a note. Interpolated category codes are reported: round them, or use SMOTENC.

    Remedy
    ------
    Augment with operations that keep the support: noise scaled to each column, rounding for whole
    numbers, no noise on constants and codes, no clipping to a range that the data do not have.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR. DeLong et al. (1988)
    and Obuchowski (1997) for the interval. Chawla et al. (2002), SMOTE, JAIR 16.
    """
    known = origins(splits, raw)
    if isinstance(known, str):
        return not_applicable(known)
    n_copies = int(known.train.synthetic.sum())
    if not n_copies:
        return not_applicable("no training row is a copy that differs from its original")
    if not trusted(known, facts, documents):
        return review(doubt(known))
    found = pairs(known)
    if not found.families:
        return review("no column holds numbers, so copies were not compared with originals")
    n = len(found.copies)
    if n < params.min_copies:
        if found.rearranged >= params.min_copies:
            return passed(
                f"{found.rearranged:,} copies hold the values of an original in another order or "
                "with other signs"
            )
        return review(f"only {n} copies, too few to be compared with originals")
    bounds = Bounds(params.support, params.outside, params.ratio, params.distinct)
    lost = losses(found, bounds)
    apart = _separation(found)
    measured = [*_auc(apart, found), *betrayal(found), *(loss.evidence for loss in lost)]
    points = series(found)
    weak = apart is not None and apart.interval[0] > params.max_auc
    if lost or weak:
        finding = _finding(lost, apart, measured, known, found, code)
        return failed([finding], measured, series=points)
    words = f"AUC {apart.auc:.2f}" if apart is not None else "too few rows for a classifier"
    return passed(
        f"{n:,} copies keep the values, the scale and the variety of the originals ({words})",
        measured,
        points,
    )


def _separation(found: Pairs) -> Separation | None:
    """One copy of each original that was drawn, and that original; or as many of both."""
    rng = np.random.default_rng(RANDOM_STATE)
    order = rng.permutation(len(found.copies))
    _, first = np.unique(found.index[order], return_index=True)
    rows = order[np.sort(first)[:MAX_PAIRS]]
    clusters = found.index[rows]
    try:
        return separation(
            found.beside[rows], found.copies[rows], (clusters, clusters), RANDOM_STATE
        )
    except ValueError:
        return None


def _auc(apart: Separation | None, found: Pairs) -> list[Evidence]:
    if apart is None:
        return []
    return [
        Evidence(
            "two_sample_auc",
            apart.auc,
            expected=0.5,
            unit="AUC",
            n=apart.n,
            method="classifier of copies against "
            + ("their parents" if found.is_parent else "originals of the same group and class")
            + ", out of fold, folds by original; 95 % interval of DeLong, clustered",
            interval=apart.interval,
            random_state=RANDOM_STATE,
        )
    ]


def _finding(
    lost: Sequence[Loss],
    apart: Separation | None,
    measured: Sequence[Evidence],
    known: Origins,
    found: Pairs,
    code: Code | None,
) -> Finding:
    split = known.train.split
    grave = [loss for loss in lost if not loss.weak]
    shown = grave or list(lost)
    words = _words(shown)
    if apart is not None:
        tell = f"a classifier tells copies from originals with AUC {apart.auc:.2f}"
        words = f"{words}; {tell}" if words else tell
    severity = Severity.WARNING if grave else Severity.NOTE
    places, before, after = _in_code(code, {loss.kind for loss in lost})
    rows = split.rows[np.flatnonzero(known.train.synthetic)[:20]]
    table = Location(
        split.path,
        rows=sample_rows(rows.tolist()),
        role=Role.RELATED if places else Role.PRIMARY,
        note="copies",
    )
    return Finding(
        check_id="AU304",
        severity=severity,
        confidence=Confidence.HIGH if found.is_parent and grave else Confidence.MEDIUM,
        message=words,
        locations=(*places, table),
        evidence=tuple(measured),
        remedy=Remedy(_advice({loss.kind for loss in shown}), before=before, after=after),
        subject=f"fidelity:{split.path}",
        why="A model learns from the copies what an input looks like; a copy that is no possible "
        "input, or stands for another target, teaches it wrongly.",
    )


def _words(shown: Sequence[Loss]) -> str:
    """The losses in one line; what was clipped is part of a change of scale."""
    scaled_families = {loss.family for loss in shown if loss.kind == "scale"}
    said = [x for x in shown if x.kind != "clipped" or x.family not in scaled_families]
    words = "; ".join(loss.words for loss in said[:MAX_WORDS])
    return words + (f"; and {len(said) - MAX_WORDS} more" if len(said) > MAX_WORDS else "")


_ADVICE = {
    "constant": "Leave columns alone that are constant in the originals.",
    "levels": "Draw codes and counts from the values that occur, or leave them alone.",
    "fractional": "Round columns of whole numbers.",
    "scale": "Keep the scale of the originals.",
    "clipped": "Do not clip to a range that the data do not have.",
    "sums": "Do not normalise copies where originals are not normalised.",
    "range": "Scale the noise to the spread of each column.",
    "collapse": "Check on a few rows that the copies of one original differ.",
}


def _advice(kinds: set[str]) -> str:
    advice = [text for kind, text in _ADVICE.items() if kind in kinds]
    return " ".join(advice[:4]) or "Look at the columns that tell copies from originals."


_CLIP = re.compile(r"\b(?:clip|clamp|clip_by_value)\s*\(")
_DIVIDE = re.compile(r"/\s*=?\s*\w*(?:sum|norm|total)", re.IGNORECASE)
_DRAW = re.compile(r"\b(?:normal|uniform|randn|laplace|gauss)\s*\(")


def _in_code(code: Code | None, kinds: set[str]) -> tuple[list[Location], str, str]:
    """Lines that clip, normalise or draw in a cell about augmentation, the likeliest first."""
    wanted = []
    if kinds & {"clipped", "scale", "collapse"}:
        wanted.append((_CLIP, "clips the values"))
    if "sums" in kinds:
        wanted.append((_DIVIDE, "normalises the copies"))
    if kinds & {"constant", "levels", "fractional", "range"}:
        wanted.append((_DRAW, "draws the noise"))
    places: dict[tuple[str, int | None, int | None], Location] = {}
    for pattern, note in wanted:
        for file in code.files if code is not None else ():
            for cell in file.cells:
                if cell.kind is not CellKind.CODE or not AUGMENTING.search(cell.source):
                    continue
                for number, line in enumerate(cell.source.splitlines(), start=1):
                    if line.lstrip().startswith("#") or not pattern.search(line[:2000]):
                        continue
                    place = file.location(cell, number, note=note)
                    places.setdefault((place.path, place.cell, place.line), place)
    found = list(places.values())[:4]
    before = found[0].text if found and _CLIP.search(found[0].text) else ""
    return found, before, scaled(before) if before else ""
