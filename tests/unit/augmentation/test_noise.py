"""AU303 on small data: what copies differ by, and which words are believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    RawData,
    SourceFile,
    Splits,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Severity
from checks.augmentation.noise import Params, noise, scaled
from tests.unit.augmentation.builders import Make, jitter, repeat, smote, splits_of, table


def run(splits: Splits, raw: RawData | None, text: str = "", code: str = "") -> Outcome:
    cell = Cell(0, CellKind.CODE, code)
    return noise.function(
        splits=splits,
        raw=raw,
        code=Code((SourceFile("train.py", False, (cell,)),)) if code else None,
        documents=Documents((Document("NOTES.md", DocumentKind.FILE, text),)) if text else None,
        grouping=None,
        params=Params(),
    )


def augmented(make: Make, seed: int = 0, **options: object) -> tuple[Splits, RawData]:
    rng = np.random.default_rng(seed)
    return splits_of(table(rng), make, rng, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [0.01, 0.1, 0.5])
def test_noise_is_measured_relative_to_the_spread(scale: float) -> None:
    splits, raw = augmented(jitter(scale))
    outcome = run(splits, raw)
    observed = next(e.observed for e in outcome.measured if e.name == "noise_relative")
    # median |z| of a standard normal is 0.6745; the spread is IQR / 1.349 instead of the deviation
    assert observed == pytest.approx(0.6745 * scale, rel=0.15)


def test_noise_is_equivariant_to_the_units() -> None:
    splits, raw = augmented(jitter(0.1))
    factors = np.array([1.0, 8.0, 0.5, 1024.0, 2.0, 0.25])
    train, test = splits.train, splits.held_out[0]
    other = Splits(
        replace(train, features=train.features * factors),
        (replace(test, features=test.features * factors),),
    )
    assert raw.features is not None
    first = run(splits, raw).measured
    second = run(other, replace(raw, features=raw.features * factors)).measured
    values = [
        [e.observed for e in m if e.name.startswith("noise_relative")] for m in (first, second)
    ]
    assert len(values[0]) > 3
    assert values[0] == pytest.approx(values[1], rel=1e-9)


def test_noise_that_is_next_to_nothing_is_found() -> None:
    """0.02 on entries of +-100."""

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + rng.normal(0, 0.02, rows.shape)

    rng = np.random.default_rng(0)
    originals = pd.DataFrame(rng.uniform(-100, 100, (300, 5)), columns=list("abcde"))
    splits, raw = splits_of(originals, make, rng)
    code = "x_noisy = np.clip(x + rng.normal(0, 0.02, x.shape), 0, 1)  # noisy copies"
    outcome = run(splits, raw, code=code)
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert "near-identical" in finding.message
    assert str(finding.primary) == "train.py:1"
    assert finding.remedy.after.startswith("x_noisy = x + rng.normal(0, 0.02 * x.std(), x.shape)")


@pytest.mark.parametrize("target", ["real", "class"])
def test_the_same_noise_on_unit_values_is_two_percent(target: str) -> None:
    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + rng.normal(0, 0.02, rows.shape)

    rng = np.random.default_rng(0)
    originals = pd.DataFrame(rng.uniform(0, 1, (300, 5)), columns=list("abcde"))
    splits, raw = splits_of(originals, make, rng, target=target)
    assert run(splits, raw, "Augmented rows get 2 % noise.").verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "Augmented rows get 2 % noise.",
        "Copies: noise of 2%.",
        "We augment with ±2% jitter.",
        "Synthetic rows are perturbed by 2 percent.",
        "Noise (2%) is added to every copy.",
    ],
)
def test_a_wrong_size_is_found(text: str) -> None:
    outcome = run(*augmented(jitter(1.0)), text)
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert finding.primary.path == "NOTES.md"


@pytest.mark.parametrize("scale", [0.02, 0.05])
@pytest.mark.parametrize("seed", range(3))
def test_a_true_size_is_silent(scale: float, seed: int) -> None:
    text = f"Augmented rows get {100 * scale:.0f} % noise."
    outcome = run(*augmented(jitter(scale), seed), text)
    assert outcome.verdict is Verdict.PASS
    assert "1 statement(s) about noise agree" in outcome.reason


def test_relative_noise_agrees_relative_to_the_value() -> None:
    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows * (1 + rng.uniform(-0.05, 0.05, rows.shape))

    assert run(*augmented(make), "Copies get ±5% noise.").verdict is Verdict.PASS


def test_a_comment_in_a_script_is_read_and_names_a_column() -> None:
    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(ma=rows["ma"] * 3, mb=rows["mb"] * (1 + rng.uniform(-0.02, 0.02)))

    code = "# make noisy copies\nmb = mb * (1 + rng.uniform(-0.02, 0.02))  # 2 % noise on mb"
    assert run(*augmented(make), code=code).verdict is Verdict.PASS
    wrong = code.replace("noise on mb", "noise on ma")
    assert run(*augmented(make), code=wrong).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "text",
    [
        "Copies inherit label noise of 2 %.",
        "Augmented rows: noise is added to 2 % of the samples.",
        "Next time augmented rows should get 2 % noise.",
        "The sensor has 2 % measurement noise, so we augment.",
        "The price has 2 % noise.",
    ],
)
def test_other_noise_is_no_statement(text: str) -> None:
    assert run(*augmented(jitter(1.0)), text).verdict is Verdict.PASS


def test_other_transformations_make_it_untestable() -> None:
    outcome = run(*augmented(jitter(1.0)), "Augmentation: random rotation, then 2 % noise.")
    assert outcome.verdict is Verdict.REVIEW


def test_without_parents_the_reason_says_what_would_help() -> None:
    outcome = run(*augmented(smote, target="class"), "Augmented rows get 2 % noise.")
    assert outcome.verdict is Verdict.REVIEW
    assert "columns.parent" in outcome.reason and "2 % noise" in outcome.reason


def test_repeats_have_no_noise() -> None:
    assert run(*augmented(repeat)).verdict is Verdict.NOT_APPLICABLE


def test_a_line_that_is_not_plain_is_left_alone() -> None:
    assert scaled("x = f(g(h(1, 2), 3), 4)") == ""
    assert scaled("x = np.clip(" * 500) == ""


RELATIVE = [
    "3 % noise relative to the standard deviation of a sensor",
    "Gaussian noise of 3 % of the standard deviation",
    "noise of 0.03 standard deviations",
    "jitter with sigma = 0.03 of the std",
]


@pytest.mark.parametrize("words", RELATIVE)
@pytest.mark.parametrize(("scale", "verdict"), [(0.03, Verdict.PASS), (0.3, Verdict.FAIL)])
def test_noise_relative_to_the_spread_is_held_against_the_spread(
    words: str, scale: float, verdict: Verdict
) -> None:
    rng = np.random.default_rng(0)
    # 30 % of the spread is 3 % of the value here: the words say which is meant
    rows = table(rng) + 1000.0
    splits, raw = splits_of(rows, jitter(scale), rng)
    outcome = run(splits, raw, f"Each training row gets augmented copies with {words}.")
    assert outcome.verdict is verdict
    if verdict is Verdict.PASS:
        assert "1 statement(s) about noise agree" in outcome.reason


def test_a_comment_beside_the_noise_says_its_share_of_the_spread() -> None:
    splits, raw = augmented(jitter(0.4))
    code = "# augmented copies\nNOISE = 0.4  # 2 % of the standard deviation\n"
    assert run(splits, raw, code=code).verdict is Verdict.FAIL
    other = "# augmented copies\nTOLERANCE = 0.4  # 2 % of the standard deviation\n"
    assert run(splits, raw, code=other).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "Copies are jittered. The sensors have 2 % noise.",
        "Copies are jittered by noise drawn within 0.01 standard deviations.",
        "Jittered copies; the measurement noise is 0.01 standard deviations of the signal.",
    ],
)
def test_noise_of_the_world_is_not_tested(text: str) -> None:
    splits, raw = augmented(jitter(0.4))
    outcome = run(splits, raw, text)
    assert outcome.verdict is Verdict.PASS
    assert "statement" not in outcome.reason
