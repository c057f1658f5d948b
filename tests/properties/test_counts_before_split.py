"""Counts of simulated experiments: split after augmentation fires, augmenting training rows alone
never does. The sizes come from scikit-learn's own splits.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from audit.model.artifacts import Document, DocumentKind, Documents
from audit.model.check import Outcome
from audit.model.severity import Confidence
from checks.kit.intervals import Interval
from checks.kit.shares import ROUND_SHARES, round_shares
from checks.leakage.counts_before_split import Params, counts_before_split

SHARES = st.sampled_from([0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3])
SIZES = st.lists(st.integers(100, 400), min_size=2, max_size=4)
STYLES = (
    (
        "{:,} samples before augmentation",
        "{:,} samples after augmentation",
        "train: {:,}",
        "test: {:,}",
    ),
    ("original shape: ({}, 8)", "oversampled shape: ({}, 8)", "X_train ({}, 8)", "X_test ({}, 8)"),
    ("Loaded {:_} rows", "Augmented to {:_} rows", "training rows = {:_}", "test rows = {:_}"),
)


def printed(style: int, *parts: tuple[int, int]) -> Outcome:
    """Each part is the position of a phrase of the style, and a number; one cell each."""
    texts = [STYLES[style][which].format(n) for which, n in parts]
    documents = [Document("a.ipynb", DocumentKind.OUTPUT, t, i) for i, t in enumerate(texts)]
    return counts_before_split.function(
        splits=None,
        raw=None,
        documents=Documents(tuple(documents)),
        code=None,
        facts=None,
        grouping=None,
        recorded=None,
        params=Params(),
    )


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data(), SHARES, st.booleans(), st.integers(0, 2**16), st.integers(0, 2))
def test_split_after_augmentation_fires(sizes, data, share, stratified, seed, style) -> None:
    growth = [data.draw(st.integers(1, 30)) for _ in sizes]
    groups = np.repeat(np.arange(len(sizes)), np.multiply(sizes, growth))
    n, pool = sum(sizes), len(groups)
    train, test = train_test_split(
        groups, test_size=share, random_state=seed, stratify=groups if stratified else None
    )
    outcome = printed(style, (0, n), (1, pool), (2, len(train)), (3, len(test)))
    could_be_honest = any(
        len(train_test_split(np.arange(n), test_size=other)[1]) == len(test)
        for other in ROUND_SHARES
    )
    if len(test) > n:
        assert outcome.findings[0].confidence is Confidence.HIGH
    elif pool > n and pool >= Params().min_pool and not could_be_honest:
        (finding,) = outcome.findings
        observed = {e.name: e.observed for e in finding.evidence}
        assert observed["heldout_rows"] == len(test)
        assert observed["pool_rows"] == pool
        assert observed["source_rows"] == n


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data(), SHARES, st.integers(0, 2**16), st.integers(0, 2), st.booleans())
def test_augmenting_training_rows_alone_is_silent(sizes, data, share, seed, style, total) -> None:
    growth = np.array([data.draw(st.integers(1, 30)) for _ in sizes])
    groups = np.repeat(np.arange(len(sizes)), sizes)
    train, test = train_test_split(groups, test_size=share, random_state=seed, stratify=groups)
    grown = int(growth[train].sum())
    after = grown + len(test) if total else grown
    outcome = printed(style, (0, len(groups)), (3, len(test)), (2, grown), (1, after))
    assert not outcome.findings, outcome.reason


@settings(max_examples=60, deadline=None)
@given(st.integers(60, 100_000), st.lists(SHARES, min_size=1, max_size=2), st.booleans())
def test_shares_are_found_as_scikit_learn_rounds(n, shares, of_rest) -> None:
    rest, first = train_test_split(np.arange(n), test_size=shares[0], random_state=0)
    parts = [len(first)]
    if len(shares) == 2:
        divided = rest if of_rest else np.arange(n)
        parts.append(len(train_test_split(divided, test_size=shares[1], random_state=0)[1]))
    assert round_shares([Interval(part, part) for part in parts], Interval(n, n)) is not None
