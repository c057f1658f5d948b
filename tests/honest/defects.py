"""One real defect put into a finished honest export, and the checks that must see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest.kit import write, write_json


@dataclass(frozen=True)
class Defect:
    """A change to the files of a style.

    Parameters
    ----------
    style : str
        Name of the honest style.
    spoil : callable
        Changes the files in place.
    fires : frozenset of str
        At least one of these checks must raise an alarm, and no other may.
    """

    style: str
    spoil: Callable[[Path], None]
    fires: frozenset[str]


DEFECTS: dict[str, Defect] = {}


def defect(style: str, *fires: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def register(spoil: Callable[[Path], None]) -> Callable[[Path], None]:
        DEFECTS[spoil.__name__] = Defect(style, spoil, frozenset(fires))
        return spoil

    return register


def _rewrite(
    root: Path, name: str, pattern: str, new: str | Callable[[re.Match[str]], str]
) -> None:
    text = (root / name).read_text(encoding="utf-8")
    changed, count = re.subn(pattern, new, text, count=1)
    assert count == 1, (name, pattern)
    write(root, name, changed)


@defect("split_column_with_tiers", "MT403", "CL504")
def overall_halved(root: Path) -> None:
    """The overall value of the metrics file is half of what its groups give."""
    metrics = json.loads((root / "metrics.json").read_text())
    metrics["test"]["overall"] /= 2
    write_json(root, "metrics.json", metrics)


@defect("regions_with_baseline", "MT401", "MT406", "MT403", "CL502", "CL504", "MT407")
def baseline_is_better(root: Path) -> None:
    """A group became far worse than in the baseline."""
    baseline = json.loads((root / "baseline.json").read_text())
    for split in ("validation", "test"):
        baseline[split]["by_group"][0]["rmse"] /= 20
    write_json(root, "baseline.json", baseline)


@defect("failed_criteria", "MT406")
def missed_criterion_called_met(root: Path) -> None:
    """The report says passed where the value beside it misses the target."""
    _rewrite(root, "REPORT.md", r"\| failed \|", "| passed |")


@defect("changelog_of_runs", "CL502")
def change_inflated(root: Path) -> None:
    """A change in percent that its two numbers do not give."""
    _rewrite(root, "CHANGELOG.md", r"\(([+-]\d+\.\d) %\)", "(-92.5 %)")


@defect("changelog_of_runs", "CL502")
def column_of_changes_wrong(root: Path) -> None:
    """One row of a table of improvements is not what its values give."""
    _rewrite(root, "CHANGELOG.md", r"(\| south \|[^\n]*\|) -?\d+% \|", r"\1 97% |")


@defect("log_price_boosting", "CL503")
def other_learning_rate(root: Path) -> None:
    """The README names another learning rate and number of trees than the code."""
    _rewrite(root, "README.md", "120 trees of depth 3 and a learning rate of 0.1", lambda _: (
        "800 trees of depth 3 and a learning rate of 0.003"
    ))  # fmt: skip


@defect("torch_regression", "CL503")
def other_batch_size(root: Path) -> None:
    """The README names another batch size than the code."""
    _rewrite(root, "README.md", "batch size 64", "batch size 512")


@defect("species_by_name", "CL504")
def two_values_of_one_metric(root: Path) -> None:
    """The README has another accuracy than the metrics file and the output."""
    _rewrite(root, "README.md", r"test accuracy \d+\.\d %", "test accuracy 99.3 %")


@defect("torch_regression", "CL504")
def flattering_test_error(root: Path) -> None:
    """The README has another test error than the metrics file."""
    _rewrite(root, "README.md", r"Test MSE \d+\.\d+", "Test MSE 0.012")


@defect("several_notebooks", "MT409")
def predictions_with_gaps(root: Path) -> None:
    """Half of the predictions are missing."""
    table = pd.read_csv(root / "test_predictions.csv")
    table.loc[::2, "predicted"] = np.nan
    table.to_csv(root / "test_predictions.csv", index=False)


@defect("several_notebooks", "MT409", "MT403", "CL504")
def predictions_that_never_vary(root: Path) -> None:
    """Every row has the same prediction."""
    table = pd.read_csv(root / "test_predictions.csv")
    table["predicted"] = 7.0
    table.to_csv(root / "test_predictions.csv", index=False)


@defect("keras_regression", "MT408")
def training_diverged(root: Path) -> None:
    """The losses are not finite in the last epochs."""
    table = pd.read_csv(root / "history.csv")
    table.loc[table["epoch"] >= 15, ["loss", "mae", "val_loss", "val_mae"]] = np.nan
    table.to_csv(root / "history.csv", index=False)


@defect("patients_apart", "MT409", "MT403")
def probabilities_out_of_range(root: Path) -> None:
    """Probabilities that exceed 1 or lie below 0."""
    table = pd.read_csv(root / "test_predictions.csv")
    table["y_prob"] = table["y_prob"] * 1.8 - 0.2
    table.to_csv(root / "test_predictions.csv", index=False)


@defect("patients_apart", "MT409")
def probabilities_missing(root: Path) -> None:
    """A few rows have no probability."""
    table = pd.read_csv(root / "test_predictions.csv")
    table.loc[[3, 8], "y_prob"] = np.nan
    table.to_csv(root / "test_predictions.csv", index=False)


@defect("several_notebooks", "MT409", "MT403")
def below_the_promised_range(root: Path) -> None:
    """A document promises a range that some predictions leave."""
    table = pd.read_csv(root / "test_predictions.csv")
    low = min(table["actual"].min(), table["predicted"].min())
    table.loc[:2, "predicted"] = low - 0.5
    table.to_csv(root / "test_predictions.csv", index=False)
    write(root, "NOTES.md", f"# Notes\n\nAll predictions are at least {low - 0.25:.3f}.\n")


@defect("churn_report", "CL504")
def other_value_in_a_table(root: Path) -> None:
    """A table of metrics in the README has another AUROC than the metrics file."""
    _rewrite(root, "README.md", r"\| AUROC \| 0\.\d+ \|", "| AUROC | 0.991 |")


@defect("model_card_only", "CL501", "CL504")
def shares_do_not_add_up(root: Path) -> None:
    """A total that its rows do not sum to."""
    _rewrite(root, "model_card.md", r"\| Total \| 625 \|", "| Total | 925 |")
