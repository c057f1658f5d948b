"""Counts in foreign styles: what is said, by whom, decides between error, warning and silence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.lineage import code_facts
from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    RawData,
    RecordedCount,
    RecordedCounts,
    SourceFile,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Confidence, Severity
from checks.leakage.counts_before_split import Params, counts_before_split


def split_data(role: SplitRole, n: int, groups: np.ndarray | None = None) -> SplitData:
    frame = pd.DataFrame({"x": np.arange(n)})
    return SplitData(role, f"{role.value}.csv", frame, None, groups, np.arange(n))


def judge(
    *outputs: str,
    prose: str = "",
    sizes: tuple[int, ...] = (),
    raw: int | None = None,
    sources: tuple[str, ...] = (),
    groups: tuple[np.ndarray, ...] | None = None,
    recorded: dict[tuple[str, ...], int] | None = None,
) -> Outcome:
    """Outputs of successive cells, a document, split sizes (train, test[, validation])."""
    cells = tuple(Cell(i, CellKind.CODE, text) for i, text in enumerate(sources))
    code = Code((SourceFile("run.ipynb", True, cells),)) if sources else None
    texts = [Document("run.ipynb", DocumentKind.OUTPUT, t, i) for i, t in enumerate(outputs) if t]
    if prose:
        texts.append(Document("README.md", DocumentKind.FILE, prose))
    roles = (SplitRole.TRAIN, SplitRole.TEST, SplitRole.VALIDATION)
    of = groups or (None,) * 4
    parts = [split_data(*part) for part in zip(roles, sizes, of[1:], strict=False)]
    return counts_before_split.function(
        splits=Splits(parts[0], tuple(parts[1:])) if parts else None,
        raw=None if raw is None else RawData("raw.csv", raw, of[0]),
        documents=Documents(tuple(texts)) if texts else None,
        code=code,
        facts=code_facts(code) if code else None,
        grouping=None,
        recorded=RecordedCounts(
            tuple(RecordedCount(k, n, Location("metrics.json")) for k, n in recorded.items())
        )
        if recorded
        else None,
        params=Params(),
    )


LEAKY = {
    "printed": (
        "loaded 3,600 samples",
        "93,600 samples after augmentation",
        "train 79,560",
        "val 14,040",
    ),
    "one line": ("500 originals -> augmented to 2500 images", "Train: 2000 | Test: 500\nval: 0"),
    "shapes": (
        "Original shape: (1000, 20)",
        "Shape after oversampling: (1800, 20)",
        "X_train (1440, 20) X_test (360, 20)".replace(") X", ")\nX"),
    ),
    "counter": (
        "Original dataset shape Counter({0: 900, 1: 100})",
        "Resampled dataset shape Counter({0: 900, 1: 900})",
        "(1440, 20)\n(360, 20)".replace("(1440", "X_train: (1440").replace("(360", "X_test: (360"),
    ),
    "underscores": (
        "before SMOTE: 1_000 rows",
        "after SMOTE: 1_800 rows",
        "n_train=1_440",
        "n_test=360",
    ),
    "spaces": (
        "Raw: 3 600 rows",
        "Augmented: 93 600 rows",
        "train rows = 79 560\nvalidation rows = 14 040",
    ),
    "apostrophes": ("raw 3'600 rows", "augmented 93'600 rows", "train: 79'560", "dev: 14'040"),
    "points": (
        "raw: 3.600 rows",
        "augmented: 93.600 rows",
        "train rows: 79.560",
        "val rows: 14.040",
    ),
    "table": (
        "raw: 800 images",
        "| pool after augmentation | 4,000 images |",
        "| train | 3,200 |\n| test | 800 |",
    ),
    "three splits": (
        "100 images before augmentation",
        "1,000 after augmentation",
        "train: 700 images, validation: 150 images, test: 150 images",
    ),
    "log with times": (
        "2024-03-01 10:00:01 INFO loaded 1500 samples",
        "2024-03-01 10:00:09,120 INFO - after augmentation: 7500 samples",
        "[2024-03-01T10:00:12Z] split: train=6000 val=750 test=750",
    ),
    "words": (
        "Augmentation turned 3,600 samples into 93,600: 26x",
        "Training rows: 79,560. Validation rows: 14,040.",
    ),
}


@pytest.mark.parametrize("style", LEAKY)
def test_printed_counts_prove_it(style: str) -> None:
    (finding,) = judge(*LEAKY[style]).findings
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.HIGH)


def test_shapes_are_named_after_the_cell_that_shows_them() -> None:
    sources = ("X.shape", "X_aug.shape", "X_train.shape, X_test.shape")
    outcome = judge("(300, 9)", "(3000, 9)", "((2400, 9), (600, 9))", sources=sources, raw=300)
    (finding,) = outcome.findings
    assert finding.confidence is Confidence.HIGH
    assert "600 rows are held out of 300 source rows" in finding.message


def test_a_document_alone_is_a_warning() -> None:
    text = (
        "```\n1. Load 54,000 samples\n2. Augment to 1,404,000 samples (original + augmented)\n"
        "3. Split into train (1,193,400) and val (210,600)\n```\n"
    )
    (finding,) = judge(prose=text).findings
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert finding.primary.line == 4


def test_rows_and_raw_data_with_the_code_that_multiplies() -> None:
    source = (
        "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n"
        "df = pd.read_csv('raw.csv')\ndf = df.sample(frac=10, replace=True)\n"
        "a, b = train_test_split(df, test_size=0.2, random_state=1)\nmodel.fit(a)\nmodel.score(b)"
    )
    (finding,) = judge(sizes=(8_000, 2_000), raw=1_000, sources=(source,)).findings
    assert finding.confidence is Confidence.HIGH
    assert "train_test_split" in finding.remedy.after
    assert finding.primary.path == "test.csv"


def test_groups_tell_what_the_total_hides() -> None:
    raw = np.repeat(["common", "rare"], [900, 100])
    train = np.repeat(["common", "rare"], [720, 720])
    test = np.repeat(["common", "rare"], [180, 180])
    outcome = judge(
        "1,800 rows after oversampling", sizes=(1440, 360), raw=1000, groups=(raw, train, test)
    )
    (finding,) = outcome.findings
    (group,) = [e for e in finding.evidence if e.group]
    assert (group.group, group.observed) == ("rare", 180)


SILENT = {
    "training alone": (
        "loaded 1,350 samples",
        "937 training samples",
        "188 validation samples\n225 test samples",
        "937 training samples before augmentation\n2,810 training rows after augmentation",
    ),
    "smote on train": (
        "X: (1000, 20)\nbefore SMOTE: (800, 20)",
        "after SMOTE: (1440, 20)",
        "X_train (1440, 20)\nX_test (200, 20)",
    ),
    "total of an honest run": (
        "1,000 samples before augmentation",
        "train 1,440\ntest 200",
        "1,640 rows in all after augmentation",
    ),
    "no growth": (
        "1,000 samples before augmentation\n1,000 samples after augmentation",
        "train 800\ntest 200",
    ),
    "undersampling": (
        "before balancing: 10,000 rows",
        "after balancing: 2,000 rows",
        "train 1,600\ntest 400",
    ),
    "another test set": (
        "50 samples before augmentation",
        "5,000 samples after augmentation",
        "train rows: 5,000\ntest rows: 1,000",
    ),
    "epochs and metrics": (
        "loaded 400 samples",
        "epoch 100 loss 0.413 val 0.500\ntrain accuracy 0.999\ntest score 0.181",
        "train 320\ntest 80",
    ),
}


@pytest.mark.parametrize("style", SILENT)
def test_honest_counts_are_silent(style: str) -> None:
    outcome = judge(*SILENT[style])
    assert outcome.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE), outcome.reason


UNSURE = {
    "windows": (
        "raw: 40 recordings\nloaded 40 samples",
        "after windowing: 4,000 windows, 4,000 augmented windows",
        "train 3,200\ntest 800",
    ),
    "no word of augmentation": ("loaded 50 samples", "train 800 rows\ntest 200 rows"),
    "both sides by themselves": (
        "900 training samples before augmentation\n100 test samples before augmentation",
        "1,000 originals\n10,000 rows after augmentation",
        "train 9,000\ntest 1,000 rows after augmentation, more than 1",
    ),
}


@pytest.mark.parametrize("style", UNSURE)
def test_what_could_be_something_else_is_no_finding(style: str) -> None:
    outcome = judge(*UNSURE[style])
    assert not outcome.findings, outcome.reason
    assert outcome.verdict is not Verdict.NOT_APPLICABLE


def test_code_that_splits_first_speaks_against_it() -> None:
    source = (
        "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n"
        "df = pd.read_csv('raw.csv')\n"
        "a, b = train_test_split(df, test_size=0.2, random_state=1)\n"
        "a = a.sample(frac=10, replace=True)\nb = b.sample(frac=10, replace=True)\n"
        "model.fit(a)\nmodel.score(b)"
    )
    outcome = judge(
        "1,000 rows before augmentation",
        "10,000 rows after augmentation",
        sizes=(8_000, 2_000),
        raw=1_000,
        sources=(source,),
    )
    assert outcome.verdict is Verdict.REVIEW
    assert "divides the rows before" in outcome.reason


def test_a_total_that_is_printed_last_may_be_a_sum() -> None:
    (finding,) = judge(
        "3,600 samples before augmentation", "train 79,560\nval 14,040", "after: 93,600 augmented"
    ).findings
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEDIUM)


def test_prose_about_another_run_is_left_alone() -> None:
    text = (
        "## What was wrong in Run 6\n\nAugmentation turned 3,600 samples into 93,600.\n"
        "Training rows: 79,560. Validation rows: 14,040.\n"
    )
    assert judge(prose=text).findings
    for outcome in (
        judge(prose=text, sizes=(20_000, 5_000)),
        judge("train: 20,000 rows\ntest: 5,000 rows", prose=text),
        judge("train: 2,400 rows\ntest: 600 rows", prose=text, raw=3_000),
    ):
        assert not outcome.findings, outcome.reason


def test_nothing_to_count() -> None:
    assert judge().verdict is Verdict.NOT_APPLICABLE
    assert judge(raw=100).verdict is Verdict.NOT_APPLICABLE
    assert judge(sizes=(80, 20)).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "(" * 3000,
        "1,000 " * 160 + "samples",
        "train: nan",
        "{" + "0: 1, " * 300,
        "1e999 samples after augmentation",
    ],
)
def test_hostile_text_is_survived(text: str) -> None:
    assert judge(text, prose=text, raw=10, sizes=(80, 20)).reason


LEAKY_JSON = {
    "flat": {("n_source",): 1200, ("n_augmented",): 6000, ("n_train",): 4800, ("n_test",): 1200},
    "nested": {
        ("data", "originals"): 3600,
        ("data", "pool"): 93_600,
        ("data", "train"): 79_560,
        ("data", "validation"): 14_040,
    },
    "beside metrics": {
        ("counts", "original"): 500,
        ("counts", "after_augmentation"): 5000,
        ("train", "n"): 4000,
        ("test", "n"): 1000,
    },
}


@pytest.mark.parametrize("style", LEAKY_JSON)
def test_counts_in_json_are_used(style: str) -> None:
    (finding,) = judge(recorded=LEAKY_JSON[style]).findings
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEDIUM)


@pytest.mark.parametrize(
    "counts",
    [
        {("n_source",): 1200, ("n_train",): 960, ("n_train_augmented",): 4800, ("n_test",): 240},
        {("originals",): 3600, ("by_group", "a", "train"): 79_560, ("by_group", "a", "test"): 9000},
        {("mae", "train"): 120, ("mae", "test"): 1500, ("n_originals",): 1200, ("n_pool",): 1620},
        {("original_size",): 500, ("train", "epochs"): 4000, ("test", "tokens"): 1000},
    ],
)
def test_other_numbers_in_json_are_silent(counts: dict[tuple[str, ...], int]) -> None:
    assert judge(recorded=counts).verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)


def test_a_table_by_group_shows_the_group_with_too_many_held_out_rows() -> None:
    printed = (
        "class  source  augmented  train  test\n"
        "bird   400     400        320    80\n"
        "cat    300     600        480    120\n"
        "dog    100     1000       800    200\n"
    )
    (finding,) = judge(printed).findings
    assert "in group dog 200 of 100" in finding.message
    honest = printed.replace("1000       800    200", "820        800    20 ")
    assert judge(honest).verdict is Verdict.PASS


def test_all_source_rows_cannot_be_held_out() -> None:
    text = (
        "We collected 2,400 images. After augmentation we have 12,000 images. They were split into "
        "9,600 training, 1,200 validation and 1,200 test images."
    )
    (finding,) = judge(prose=text).findings
    assert "2,400 rows are held out of 2,400 source rows" in finding.message


def test_sizes_behind_a_growth_on_one_line_are_read() -> None:
    text = (
        "1,000 recordings were oversampled to 4,000 rows; 3,200 for training and 800 for testing."
    )
    (finding,) = judge(prose=text).findings
    assert finding.severity is Severity.WARNING


# --- classes balanced before the split --------------------------------------------------------


def classes(before: bool, stratified: bool, seed: int, by_side: bool = False) -> Outcome:
    """900 rows of a class and 100 of another, oversampled to 1:1 before or after the split."""
    rng = np.random.default_rng(seed)
    x, y = pd.DataFrame({"x": rng.normal(size=1000)}), np.repeat([0, 1], [900, 100])
    rows = np.arange(1000)
    if before:
        rows = np.concatenate([rows, rng.choice(np.flatnonzero(y == 1), 800)])
    order = rng.permutation(len(rows))
    if stratified:
        sizes = {label: int(0.2 * (y[rows] == label).sum()) for label in (0, 1)}
        held = np.concatenate([order[y[rows][order] == label][: sizes[label]] for label in (0, 1)])
    else:
        held = order[: len(rows) // 5]
    train = np.setdiff1d(order, held)
    rows_of = {SplitRole.TRAIN: rows[train], SplitRole.TEST: rows[held]}
    if not before:
        for role in list(SplitRole)[:1] if not by_side else rows_of:
            own = rows_of[role]
            few = own[y[own] == 1]
            need = int((y[own] == 0).sum() - len(few))
            rows_of[role] = np.concatenate([own, rng.choice(few, need)])
    parts = [
        SplitData(role, f"{role.value}.csv", x.iloc[own].reset_index(drop=True), y[own], None,
                  np.arange(len(own)))
        for role, own in rows_of.items()
    ]  # fmt: skip
    return counts_before_split.function(
        splits=Splits(parts[0], tuple(parts[1:])),
        raw=RawData("all.csv", 1000, None, x, y, ""),
        documents=None,
        code=None,
        facts=None,
        grouping=None,
        recorded=None,
        params=Params(),
    )


@pytest.mark.parametrize("seed", range(4))  # not those that are equal in the held-out rows too
def test_balanced_sums_prove_oversampling_before_the_split(seed: int) -> None:
    (finding,) = classes(before=True, stratified=False, seed=seed).findings
    assert finding.confidence is Confidence.HIGH
    assert "each class has exactly 900 rows over all splits" in finding.message


@pytest.mark.parametrize("stratified", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_balanced_training_rows_are_no_proof(seed: int, stratified: bool) -> None:
    assert classes(before=False, stratified=stratified, seed=seed).verdict is Verdict.PASS


def test_a_balanced_selection_of_source_rows_is_no_proof() -> None:
    assert not classes(before=True, stratified=True, seed=0).findings  # exact copies: may be chosen
