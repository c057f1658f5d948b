"""The ablation study with a trainer that needs no TensorFlow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from typer.testing import CliRunner

from audit.cli import app
from reference_pipeline.__main__ import main as pipeline
from reference_pipeline.ablation.command import main
from reference_pipeline.ablation.effects import difference, direction, estimate, mean_of
from reference_pipeline.ablation.facts import LabelError, SeedFacts
from reference_pipeline.ablation.grid import Cell, Comparison, Study, digest, restricted
from reference_pipeline.ablation.report import Findings, as_json, page
from reference_pipeline.ablation.store import Result, append_result, load_results
from reference_pipeline.ablation.study import RESULTS_FILE, Outcome, run_study
from reference_pipeline.ablation.wording import conclusions, signed, verdict
from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.evaluate import Estimate

Effect = Callable[[Cell], float]


def facts_of(seed: int) -> SeedFacts:
    """Noise spoils two thirds of its copies; symmetric copies repeat on B, C and D."""
    return SeedFacts(
        seed=seed,
        originals={"train": 170, "validation": 30, "test": 180},
        label_errors={
            "noise": {tier: LabelError(60, 40, 24.0) for tier in TIERS},
            "symmetry": {tier: LabelError(60, 0, 0.0) for tier in TIERS},
        },
        repeats={"A": 0.0, "B": 1.0, "C": 1.0, "D": 1.0},
        cpu_seconds=1.5,
    )


@dataclass
class FakeData:
    """Twenty test rows of each group, all of height 4."""

    facts: SeedFacts

    def rows(self, name: str) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.float64]]:
        assert name == "test"
        rows = np.array([[9, k, m] for k, m in GROUPS for _ in range(20)])
        return rows, np.full(len(rows), 4.0)

    def features(self, name: str, feature_set: str) -> npt.NDArray[np.float32]:
        raise AssertionError("only a real trainer needs features")


class FakeWatcher:
    def begin(self, total: int, finished: int) -> None: ...

    def preparing(self, seed: int) -> None: ...

    def finished(self, result: Result) -> None: ...


@dataclass
class FakeTrainer:
    """Predicts with a given squared error in log2, and notes what it was asked to train."""

    error: Effect
    fails_at: int | None = None
    asked: list[Cell] = field(default_factory=list)

    def __call__(self, study: Study, cell: Cell, data: object) -> Outcome:
        if len(self.asked) == self.fails_at:
            raise KeyboardInterrupt
        self.asked.append(cell)
        predicted = 4.0 * 2 ** math.sqrt(self.error(cell))
        copies = 1 if cell.augmentation == "none" else 3
        return Outcome(np.full(180, predicted), 170 * copies, study.epochs)


def prepare(study: Study, seed: int, work: Path) -> FakeData:
    return FakeData(facts_of(seed))


def by_feature_set(cell: Cell) -> float:
    """Each feature set halves the error; augmentation and weights change nothing on average.

    Every other combination has the disturbances of its seeds in another order.
    """
    combination = ("none", "noise", "symmetry").index(cell.augmentation) * 2
    combination += cell.weights == "equal"
    disturbance = list(permutations((-1, 0, 1)))[combination][cell.seed]
    return {"A": 0.8, "B": 0.4, "C": 0.2, "D": 0.1}[cell.features] + 0.002 * disturbance


SMALL = Study(seeds=(0, 1, 2), samples_per_group=20, test_samples_per_group=20, epochs=7)


def results_of(study: Study, error: Effect) -> list[Result]:
    """What a study with these errors gives, in every tier and group."""
    return [
        Result(
            digest=digest(study.settings(cell)),
            cell=cell,
            scores=dict.fromkeys(("overall", "balanced", *TIERS), error(cell)),
            by_group={f"{k},{m}": error(cell) for k, m in GROUPS},
            train_rows=170,
            steps=study.epochs,
            cpu_seconds=2.0,
        )
        for cell in study.cells()
    ]


def report_of(study: Study, error: Effect) -> str:
    facts = tuple(facts_of(seed) for seed in study.seeds)
    return page(Findings(study, tuple(results_of(study, error)), facts, "the command"))


# --- grid ---------------------------------------------------------------------------------------


def test_the_grid_holds_every_combination_once_for_each_seed() -> None:
    cells = Study().cells()
    assert len(cells) == len(set(cells)) == 72
    assert {cell.levels() for cell in cells} == {
        (augmentation, features, weights)
        for augmentation in ("none", "noise", "symmetry")
        for features in "ABCD"
        for weights in ("equal", "3/1.5/1")
    }


def test_the_comparisons() -> None:
    found = {(c.factor, c.level, c.reference) for c in Study().comparisons()}
    assert found == {
        ("augmentation", "noise", "none"),
        ("augmentation", "symmetry", "none"),
        ("features", "B", "A"),
        ("features", "C", "B"),
        ("features", "D", "C"),
        ("weights", "3/1.5/1", "equal"),
    }


def test_limits() -> None:
    levels = restricted(["features=D,B", "augmentation = symmetry"])
    assert levels["features"] == ("B", "D")
    assert levels["augmentation"] == ("symmetry",)
    assert levels["weights"] == ("equal", "3/1.5/1")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (["colour=red"], "no factor 'colour'"),
        (["features=D,E"], "no level 'E'"),
        (["features"], "no level ''"),
        (["features=A", "features=B"], "limited twice"),
    ],
)
def test_bad_limits(limits: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        restricted(limits)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 8},
        {"samples_per_group": 21},
        {"test_samples_per_group": 21},
        {"batch_size": 16},
        {"validation_share": 0.2},
        {"recipe": {"learning_rate": 0.1}},
    ],
)
def test_a_changed_configuration_has_another_digest(change: dict[str, object]) -> None:
    changed = replace(SMALL, **change)  # type: ignore[arg-type]
    for cell in SMALL.cells():
        assert digest(SMALL.settings(cell)) != digest(changed.settings(cell))


def test_a_cell_is_the_same_in_a_larger_or_smaller_study() -> None:
    smaller = replace(SMALL, seeds=(0,), levels=restricted(["features=D"]))
    names = {digest(SMALL.settings(cell)) for cell in SMALL.cells()}
    assert {digest(smaller.settings(cell)) for cell in smaller.cells()} < names


# --- resuming -----------------------------------------------------------------------------------


def test_an_interrupted_study_trains_only_what_is_missing(tmp_path: Path) -> None:
    interrupted = FakeTrainer(by_feature_set, fails_at=30)
    with pytest.raises(KeyboardInterrupt):
        run_study(SMALL, tmp_path, prepare, interrupted, FakeWatcher())

    rest = FakeTrainer(by_feature_set)
    results, facts = run_study(SMALL, tmp_path, prepare, rest, FakeWatcher())

    assert interrupted.asked + rest.asked == list(SMALL.cells())
    assert [result.cell for result in results] == list(SMALL.cells())
    assert [fact.seed for fact in facts] == [0, 1, 2]
    whole, _ = run_study(
        SMALL, tmp_path / "other", prepare, FakeTrainer(by_feature_set), FakeWatcher()
    )
    assert [r.scores for r in results] == [r.scores for r in whole]


def test_the_scores_are_those_of_the_predictions(tmp_path: Path) -> None:
    results, _ = run_study(SMALL, tmp_path, prepare, FakeTrainer(by_feature_set), FakeWatcher())
    for result in results:
        for value in (*result.scores.values(), *result.by_group.values()):
            assert value == pytest.approx(by_feature_set(result.cell))


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_half_written_line_is_ignored_and_trained_again(tmp_path: Path, kept: int) -> None:
    run_study(SMALL, tmp_path, prepare, FakeTrainer(by_feature_set), FakeWatcher())
    path = tmp_path / RESULTS_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:50]) + lines[50].rstrip(b"\n")[:kept])

    rest = FakeTrainer(by_feature_set)
    run_study(SMALL, tmp_path, prepare, rest, FakeWatcher())

    assert rest.asked == list(SMALL.cells())[50:]
    again = FakeTrainer(by_feature_set)
    run_study(SMALL, tmp_path, prepare, again, FakeWatcher())
    assert again.asked == []


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    first, second = results_of(SMALL, by_feature_set)[:2]
    path = tmp_path / RESULTS_FILE
    append_result(path, first)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    append_result(path, second)
    assert load_results(path) == {first.digest: first, second.digest: second}


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[1]",
        b"null",
        b'{"digest": "x"}',
        b"\xff\xfe",
        b'{"cell": 3}',
        b"NaN",
    ],
)
def test_foreign_lines_are_left_out(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / RESULTS_FILE
    result = results_of(SMALL, by_feature_set)[0]
    path.write_bytes(line + b"\n")
    append_result(path, result)
    assert load_results(path) == {result.digest: result}


def test_a_result_without_a_number_is_left_out(tmp_path: Path) -> None:
    result = results_of(SMALL, by_feature_set)[0]
    path = tmp_path / RESULTS_FILE
    append_result(path, replace(result, scores={**result.scores, "hard": math.nan}))
    append_result(path, replace(result, scores={"overall": 1.0}))
    assert load_results(path) == {}


def test_a_changed_configuration_is_trained_anew(tmp_path: Path) -> None:
    run_study(SMALL, tmp_path, prepare, FakeTrainer(by_feature_set), FakeWatcher())
    changed = FakeTrainer(by_feature_set)
    results, _ = run_study(replace(SMALL, epochs=8), tmp_path, prepare, changed, FakeWatcher())
    assert changed.asked == list(SMALL.cells())
    assert {result.steps for result in results} == {8}


# --- intervals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 7])
def test_means_have_the_t_interval_of_scipy(n: int) -> None:
    values = np.random.default_rng(n).normal(1, 0.2, n).tolist()
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = estimate(values)
    assert found.value == pytest.approx(np.mean(values))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.n == n


def test_one_value_has_no_interval() -> None:
    found = estimate([0.3])
    assert (found.value, found.low, found.high) == (0.3, -math.inf, math.inf)
    assert direction(found) == "too few seeds"


@pytest.mark.parametrize("comparison", Study().comparisons(), ids=str)
def test_differences_are_those_of_a_paired_t_test_over_seeds(comparison: Comparison) -> None:
    study = Study(seeds=(0, 1, 2, 3))
    rng = np.random.default_rng(5)
    drawn = {cell: float(rng.uniform(0.1, 1)) for cell in study.cells()}
    results = results_of(study, drawn.__getitem__)

    def means(level: str) -> list[float]:
        return [
            float(
                np.mean(
                    [
                        value
                        for cell, value in drawn.items()
                        if cell.seed == seed and getattr(cell, comparison.factor) == level
                    ]
                )
            )
            for seed in study.seeds
        ]

    test = stats.ttest_rel(means(comparison.level), means(comparison.reference))
    bounds = test.confidence_interval(0.95)
    found = difference(results, comparison, "overall")
    assert found.value == pytest.approx(
        np.mean(means(comparison.level)) - np.mean(means(comparison.reference))
    )
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high))


def test_pairs_remove_what_a_seed_does_to_all_its_cells() -> None:
    """Seeds differ by far more than the levels, but by the same amount in every cell."""
    study = Study(seeds=(0, 1, 2))

    def error(cell: Cell) -> float:
        return 1 + cell.seed + (0.01 if cell.weights != "equal" else 0) + 0.0001 * cell.seed**2

    results = results_of(study, error)
    found = difference(results, Comparison("weights", "3/1.5/1", "equal"), "overall")
    assert found.value == pytest.approx(0.01)
    assert direction(found) == "higher"
    assert found.high - found.low < 1e-6 < mean_of(results, "overall").high


def test_a_cell_without_a_partner_is_an_error() -> None:
    results = results_of(SMALL, by_feature_set)[1:]
    with pytest.raises(ValueError, match="no partner"):
        difference(results, Comparison("weights", "3/1.5/1", "equal"), "overall")


# --- words --------------------------------------------------------------------------------------


def test_a_verdict_follows_its_interval() -> None:
    lower = verdict(Estimate(-0.2, -0.3, -0.1, 3), "It", "that")
    higher = verdict(Estimate(0.2, 0.1, 0.3, 3), "It", "that")
    neither = verdict(Estimate(-0.2, -0.5, 0.1, 3), "It", "that")
    single = verdict(Estimate(-0.2, -math.inf, math.inf, 1), "It", "that")

    assert lower == "It, compared with that, lowers the overall error by 0.200 [0.100, 0.300]."
    assert higher == "It, compared with that, raises the overall error by 0.200 [0.100, 0.300]."
    assert neither.startswith("No effect of it on the overall error is shown")
    assert "-0.200 [-0.500, +0.100]" in neither
    assert "nothing can be concluded" in single
    assert "inf" not in single


def test_no_effect_is_reported_as_none_shown() -> None:
    text = report_of(SMALL, by_feature_set)
    assert "No effect of training on exact symmetric copies on the overall error is shown" in text
    assert "No effect of weighting the loss 3/1.5/1" in text
    assert "Feature set D, compared with set C, lowers the overall error by 0.100" in text
    assert "lower in easy, medium and hard" in text


def test_an_effect_is_reported_with_its_size_and_place() -> None:
    def error(cell: Cell) -> float:
        worse = cell.augmentation == "noise" and cell.features == "A"
        return by_feature_set(cell) + (0.5 if worse else 0)

    text = report_of(SMALL, error)
    sentence = next(line for line in text.splitlines() if "the seed's noise, compared" in line)
    assert "raises the overall error by 0.125" in sentence
    assert "higher with A;" in sentence
    assert "no difference shown with B, C and D" in sentence


def test_features_that_help_only_without_noise_are_reported_so() -> None:
    def error(cell: Cell) -> float:
        harmed = cell.augmentation == "noise" and cell.features == "D"
        return by_feature_set(cell) + (0.9 if harmed else 0)

    text = report_of(SMALL, error)
    sentence = next(line for line in text.splitlines() if line.startswith("- Feature set D, "))
    assert "raises the overall error by 0.200" in sentence
    assert "By augmentation: lower with none and symmetry; higher with noise." in sentence


def test_one_seed_concludes_nothing() -> None:
    study = replace(SMALL, seeds=(0,))
    text = report_of(study, by_feature_set)
    assert text.count("nothing can be concluded") == len(study.comparisons())
    assert "run more seeds" in text
    assert not re.search(r"\b(inf|nan|lowers|raises|No effect of)\b", text)


def test_the_best_cell_and_those_that_cannot_be_told_apart() -> None:
    ties = conclusions(SMALL, results_of(SMALL, by_feature_set), [])[0]
    assert "feature set D" in ties
    assert "5 other cells cannot be told apart from it" in ties

    def best(cell: Cell) -> float:
        chosen = cell.levels() == ("none", "D", "equal")
        return 0.1 + (0 if chosen else 0.05 + 0.001 * cell.seed)

    text = conclusions(SMALL, results_of(SMALL, best), [])[0]
    assert "augmentation none, feature set D and loss weights equal" in text
    assert "every other cell is worse" in text


def test_labels_and_repeats_are_stated_as_measured() -> None:
    text = report_of(SMALL, by_feature_set)
    assert "infinite for 66.7 % of them" in text
    assert "Every one of the 540 copies by symmetry has a true label." in text
    assert "On feature sets B, C and D every symmetric copy has exactly the features" in text
    assert "loss weights 2/3/4 (easy/medium/hard)" in text
    assert "7 gradient steps of 256 rows, the same in every cell" in text


@pytest.mark.parametrize(
    "limits", [["augmentation=none"], ["features=D"], ["weights=equal", "features=A"]]
)
def test_a_limited_study_has_a_report(limits: list[str]) -> None:
    study = replace(SMALL, levels=restricted(limits))
    text = report_of(study, by_feature_set)
    # Once in the table of all cells, once in one of the tables within the levels of a factor.
    assert text.count(" against ") == 2 * len(study.comparisons())


def test_a_single_cell_has_a_report() -> None:
    study = replace(SMALL, levels=restricted(["augmentation=none", "features=D", "weights=equal"]))
    assert "the only cell" in report_of(study, by_feature_set)


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    widths: list[int] = []
    for line in report_of(SMALL, by_feature_set).splitlines():
        if not line.startswith("|"):
            widths = []
            continue
        widths.append(line.count("|"))
        assert widths[0] == widths[-1], line


def test_the_balanced_column_stands_where_it_differs() -> None:
    results = [
        replace(result, scores={**result.scores, "balanced": result.scores["overall"] + 0.1})
        for result in results_of(SMALL, by_feature_set)
    ]
    facts = tuple(map(facts_of, SMALL.seeds))
    text = page(Findings(SMALL, tuple(results), facts, ""))
    assert "| Comparison | overall | balanced | easy" in text
    assert "equals the overall one" not in text
    assert "equals the overall one" in report_of(SMALL, by_feature_set)


def test_the_json_repeats_the_numbers_and_is_valid() -> None:
    results = results_of(SMALL, by_feature_set)
    facts = tuple(map(facts_of, SMALL.seeds))
    text = json.dumps(as_json(Findings(SMALL, tuple(results), facts, "x")), allow_nan=False)
    read = json.loads(text)
    assert len(read["cells"]) == 72
    effect = next(
        e
        for e in read["effects"]
        if (e["level"], e["within"], e["metric"]) == ("noise", "D", "hard")
    )
    pairs = [
        [
            r.scores["hard"]
            for r in results
            if r.cell.features == "D" and r.cell.augmentation == augmentation
        ]
        for augmentation in ("noise", "none")
    ]
    differences = np.subtract(*pairs).reshape(3, 2).mean(axis=1)
    bounds = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert effect["interval"] == pytest.approx([bounds.low, bounds.high])
    one = replace(SMALL, seeds=(0,))
    few = as_json(Findings(one, tuple(results[:24]), facts[:1], "x"))
    json.dumps(few, allow_nan=False)
    assert few["effects"][0]["interval"] is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "+0.123"), (-1.0, "-1.000"), (-0.00512, "-0.0051"), (1e-7, "+1e-07"), (0, "0")],
)
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0 %"), (1, "0.01 %"), (50_000, "50.00 %"), (99_999, "99.99 %")]
)
def test_a_share_is_all_or_none_only_where_it_is(part: int, text: str) -> None:
    errors = {"noise": dict.fromkeys(TIERS, LabelError(100_000, part, 1.0))}
    facts = tuple(replace(facts_of(seed), label_errors=errors) for seed in SMALL.seeds)
    shown = page(Findings(SMALL, tuple(results_of(SMALL, by_feature_set)), facts, ""))
    assert f"| noise | hard | 300,000 | {text} | 1 |" in shown


# --- command ------------------------------------------------------------------------------------


def test_the_command_writes_page_picture_and_numbers(tmp_path: Path) -> None:
    out, work = tmp_path / "reports", tmp_path / "work"
    arguments = ["--out", str(out), "--work", str(work), "--size", "20", "--epochs", "7"]
    trainer = FakeTrainer(by_feature_set)
    assert main(arguments, prepare, trainer) == 0
    assert len(trainer.asked) == 72

    text = (out / "ablation.md").read_text()
    assert "python -m reference_pipeline ablation --size 20 --epochs 7\n" in text
    assert "(ablation.svg)" in text
    picture = (out / "ablation.svg").read_bytes()
    assert picture.startswith(b"<?xml")
    assert b"</svg>" in picture
    assert len(json.loads((out / "ablation.json").read_text())["cells"]) == 72
    assert {path.name for path in out.iterdir()} == {
        "ablation.md",
        "ablation.svg",
        "ablation.json",
    }

    again = FakeTrainer(by_feature_set)
    assert main(arguments, prepare, again) == 0
    assert again.asked == []
    assert (out / "ablation.svg").read_bytes() == picture


def test_an_interrupted_command_leaves_the_report_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "reports"
    out.mkdir()
    (out / "ablation.md").write_text("before")
    arguments = ["--out", str(out), "--work", str(tmp_path / "work"), "--seeds", "1"]
    assert main(arguments, prepare, FakeTrainer(by_feature_set, fails_at=3)) == 130
    assert (out / "ablation.md").read_text() == "before"
    assert "to go on" in capsys.readouterr().err

    rest = FakeTrainer(by_feature_set)
    assert main(arguments, prepare, rest) == 0
    assert len(rest.asked) == 21
    assert "3 of 24 cells have a result" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--seeds", "0"], ["--size", "5"], ["--epochs", "x"], ["--limit", "features=E"], ["more"]],
)
def test_bad_arguments_are_refused_before_anything_runs(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = FakeTrainer(by_feature_set)
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--work", str(tmp_path / "work")], prepare, trainer)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err
    assert trainer.asked == []


def test_without_tensorflow_the_command_says_which_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["--work", str(tmp_path / "work")]) == 2
    assert "leakage-audit[reference]" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_predictions_that_are_no_heights_are_named_with_their_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(study: Study, cell: Cell, data: object) -> Outcome:
        return Outcome(np.full(180, np.nan), 170, 7)

    arguments = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    assert main(arguments, prepare, train) == 2
    assert "seed 0, none, A, equal: 180 predicted heights" in capsys.readouterr().err
    assert load_results(tmp_path / "work" / RESULTS_FILE) == {}


def test_a_work_folder_that_is_a_file_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "work").write_text("")
    arguments = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    assert main(arguments, prepare, FakeTrainer(by_feature_set)) == 2
    assert "error:" in capsys.readouterr().err


def test_audit_reference_passes_the_study_on(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[list[str]] = []

    def run(arguments: list[str]) -> int:
        passed.append(list(arguments))
        return 130

    monkeypatch.setattr("audit.cli.reference.run_pipeline", run)
    result = CliRunner().invoke(app, ["reference", "ablation", "--seeds", "2", "--help"])
    assert passed == [["ablation", "--seeds", "2", "--help"]]
    assert result.exit_code == 130


def test_the_pipeline_passes_the_study_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference_pipeline.ablation.command.main", lambda words: len(words))
    assert pipeline(["ablation", "--size", "30"]) == 2
