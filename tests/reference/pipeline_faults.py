"""Faults in the notebook of Run 7: a step moved, and everything executed again, at a small size.

Unlike faults in the files, data, metrics and documents are what the wrong pipeline really makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

from audit.model.severity import Severity
from reference_pipeline import notebook
from reference_pipeline.config import RunConfig
from reference_pipeline.config import run7 as configure
from reference_pipeline.export import build_export
from tests.reference.editing import table
from tests.reference.row_faults import Known

Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PipelineFault:
    """One fault in the notebook.

    Parameters
    ----------
    name : str
        What was done, as a clause.
    edits : tuple of (str, str)
        Passages of the notebook's source, each of which is there once, and what replaces them.
    expects : mapping of str to Severity
        Checks that must find it, and the severity that one of their findings must reach.
    allows : mapping of str to str
        Checks that may also raise an alarm, and why that is right.
    known : callable
        The numbers that the evidence must show, from the finished export.
    """

    name: str
    edits: Edits
    expects: Mapping[str, Severity]
    allows: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[Path], Known] = lambda folder: {}


def small() -> RunConfig:
    """The smoke profile with fewer samples and one small network: enough for the audit to judge."""
    config = configure("smoke")
    assert config.fresh is not None
    return replace(
        config,
        dataset=replace(config.dataset, samples_per_group=400),
        fresh=replace(config.fresh, samples_per_group=100),
        constants=config.constants
        | {"EPOCHS": 6, "MEMBERS": 1, "WIDTHS": (64, 64), "BATCH_SIZE": 128},
    )


def build(folder: Path, edits: Edits = ()) -> None:
    """Build the small export with a notebook that is changed by `edits`."""
    original = notebook.source_of

    def spoiled(config: RunConfig) -> str:
        source = original(config)
        for before, after in edits:
            assert source.count(before) == 1, f"{before!r} is there {source.count(before)} times"
            source = source.replace(before, after)
        return source

    with mock.patch.object(notebook, "source_of", spoiled):
        build_export(small(), folder)


_AUGMENT = """\
copies_per_sample = [copies_per_group[(k, m)] for k, m in rows_train[:, 1:3]]
parents = np.repeat(np.arange(len(rows_train)), copies_per_sample)
copies, y_copies = symmetric_copies(rows_train[parents], rng), y_train[parents]

rows_train_augmented = np.concatenate([rows_train, copies])
y_train_augmented = np.concatenate([y_train, y_copies])
growth_factor = len(rows_train_augmented) / len(rows_train)
print(f"{len(rows_train):,} training samples before augmentation")
print(f"{len(rows_train_augmented):,} training rows after augmentation ({growth_factor:.2f}x)")
"""

AUGMENT_FIRST: Edits = (
    (
        'print(f"{len(np.unique(entities)):,} entities")\n',
        """\
print(f"{len(np.unique(entities)):,} entities")

copies_per_tier = {"easy": 1, "medium": 2, "hard": 3}
tier_of = {group: tier for tier, groups in TIERS.items() for group in groups}
source = np.repeat(
    np.arange(len(rows)), [1 + copies_per_tier[tier_of[(k, m)]] for k, m in rows[:, 1:3]]
)
is_copy = np.append(False, source[1:] == source[:-1])
n_originals = len(rows)
pool = rows[source]
pool[is_copy] = symmetric_copies(pool[is_copy], rng)
pool_heights = heights[source]
print(f"{len(rows):,} samples before augmentation, {len(pool):,} after augmentation")
rows, heights = pool, pool_heights
""",
    ),
    (
        _AUGMENT,
        """\
in_train = is_copy[train_ids]
copies, y_copies = rows_train[in_train], y_train[in_train]
rows_train_augmented, y_train_augmented = rows_train, y_train
growth_factor = len(rows) / n_originals
parents = np.arange(len(rows_train))
""",
    ),
    (
        "X_train = np.concatenate([X_samples, X_samples[parents]])",
        "X_train = X_samples",
    ),
    (
        """\
some = rng.choice(len(copies), 500)
difference = np.max(np.abs(features(copies[some], FEATURE_SET) - X_samples[parents[some]]))
print(f"largest difference between the features of a copy and its parent: {difference:.0e}")
""",
        "",
    ),
    (
        "copy_ids = len(rows) + len(rows_test) + np.arange(len(copies))\n",
        "positions = np.flatnonzero(~is_copy)\n"
        "first = positions[np.cumsum(~is_copy) - 1]  # row of the original of each row\n",
    ),
    (
        '"parent_id": row_ids,',
        '"parent_id": first[row_ids] if row_ids.max() < len(rows) else row_ids,',
    ),
    (
        '"is_augmented": np.zeros(len(rows), dtype=bool),',
        '"is_augmented": is_copy[row_ids] if row_ids.max() < len(is_copy) else row_ids < 0,',
    ),
    ('"row_id": np.concatenate([train_ids, copy_ids]),', '"row_id": train_ids,'),
    (
        '"parent_id": np.concatenate([train_ids, train_ids[parents]]),',
        '"parent_id": first[train_ids],',
    ),
    (
        '"is_augmented": np.repeat([False, True], [len(rows_train), len(copies)]),',
        '"is_augmented": is_copy[train_ids],',
    ),
)

SCALE_FIRST: Edits = (
    (
        'print(f"{len(np.unique(entities)):,} entities")\n',
        """\
print(f"{len(np.unique(entities)):,} entities")

scaler = GroupScaler()
X_scaled = scaler.fit_transform(features(rows, FEATURE_SET))
""",
    ),
    ("X_samples = features(rows_train, FEATURE_SET)", "X_samples = X_scaled[train_ids]"),
    ("X_val = features(rows_val, FEATURE_SET)", "X_val = X_scaled[val_ids]"),
    (
        "X_test = features(rows_test, FEATURE_SET)",
        "X_test = scaler.transform(features(rows_test, FEATURE_SET))",
    ),
    (
        """\
scaler = GroupScaler()
X_train_scaled = scaler.fit_transform(X_train)
X_val_scaled = scaler.transform(X_val)
X_test_scaled = scaler.transform(X_test)
""",
        "X_train_scaled, X_val_scaled, X_test_scaled = X_train, X_val, X_test\n",
    ),
    (
        "difference = np.max("
        "np.abs(features(copies[some], FEATURE_SET) - X_samples[parents[some]]))",
        "again = scaler.transform(features(copies[some], FEATURE_SET))\n"
        "difference = np.max(np.abs(again - X_samples[parents[some]]))",
    ),
)

TEST_FROM_POOL: Edits = (
    (
        "test_ids = len(rows) + np.arange(len(fresh_rows))\n"
        "rows_test, y_test = fresh_rows, fresh_heights\n",
        "test_ids = rng.choice(len(rows), 900, replace=False)\n"
        "rows_test, y_test = rows[test_ids], heights[test_ids]\n",
    ),
)


def _copies_held_out(folder: Path) -> Known:
    held_out = table(folder, "splits/val")["is_augmented"]
    return {("AU302", "synthetic_share_validation"): float(held_out.mean())}


def _trained_on(folder: Path) -> Known:
    train, test = table(folder, "splits/train"), table(folder, "splits/test")
    seen = test["row_id"].isin(train["row_id"])
    return {("CT201", "exact_rows"): int(seen.sum())}


PIPELINE_FAULTS: tuple[PipelineFault, ...] = (
    PipelineFault(
        "samples are augmented before the split",
        AUGMENT_FIRST,
        {"LK101": Severity.ERROR, "AU302": Severity.WARNING},
        known=_copies_held_out,
    ),
    PipelineFault(
        "the scaler is fitted before the split",
        SCALE_FIRST,
        {"LK102": Severity.WARNING},
    ),
    PipelineFault(
        "the test samples are drawn from the pool",
        TEST_FROM_POOL,
        {"CT201": Severity.ERROR, "MT406": Severity.WARNING},
        known=_trained_on,
    ),
)
