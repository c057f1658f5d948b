"""CL504: documents against the metrics file and against one another; ranges; names of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.artifacts import (
    Baseline,
    Document,
    DocumentKind,
    Documents,
    Metrics,
    MetricTable,
    ReportedValue,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Severity
from checks.claims.stated_twice import Params, stated_twice

SEED = Path(__file__).parent.parent.parent / "corpus" / "run6_analysis.md"


def metrics(
    value: float = 0.41281,
    metric: str = "rmse",
    role: SplitRole | None = SplitRole.VALIDATION,
    label: str = "metrics",
) -> Metrics:
    place = Location("metrics.json", pointer="/validation/overall")
    overall = ReportedValue(value, place, 1e-15)
    return Metrics((MetricTable(metric, role, "metrics.json", overall, {}, {}, label),))


def doc(text: str, path: str = "README.md") -> Document:
    if path.endswith(".md"):
        return Document(path, DocumentKind.FILE, text)
    return Document(path, DocumentKind.MARKDOWN_CELL, text, 0)


def judge(*documents: Document, own: Metrics | None = None) -> Outcome:
    return stated_twice.function(
        documents=Documents(documents), metrics=own, baseline=None, params=Params()
    )


@pytest.mark.parametrize(
    "text",
    [
        "Validation RMSE **0.413**, which is good.",
        "The final model reaches a validation RMSE of 0.41.",
        "- RMSE (validation): 0.4128",
        "- Val RMSE = 0.412",  # cut off
        "RMSE on the validation set: 0.41281",
        "| Metric | Value |\n|---|---|\n| Validation RMSE | 0.413 |",
        "| Split | RMSE | \n|---|---|\n| Train | 0.3 |\n| Validation | 0.413 |",
    ],
)
def test_right(text: str) -> None:
    outcome = judge(doc(text), own=metrics())
    assert outcome.verdict is Verdict.PASS
    assert [claim.expected for claim in outcome.measured] == ["consistent"]


@pytest.mark.parametrize(
    "text",
    [
        "Validation RMSE **0.431**, which is good.",
        "The final model reaches a validation RMSE of 0.43.",
        "- RMSE (validation): 0.4138",
        "- Val RMSE = 0.419",
        "The RMSE on the validation set: 0.3",
        "| Metric | Value |\n|---|---|\n| Validation RMSE | 0.431 |",
        "| Split | RMSE | \n|---|---|\n| Train | 0.3 |\n| Validation | 0.431 |",
        "| Metric (validation) | Value |\n|---|---|\n| RMSE | 0.431 |\n| R2 | 0.9 |",
        "| Metric | Train | Val |\n|---|---|---|\n| RMSE | 0.4 | 0.431 |",
        "## Validation results\n\n| Metric | Value |\n|---|---|\n| RMSE ↓ | 0.431 |",
        "| | Val RMSE | Val MAE |\n|---|---|---|\n| Final model | 0.431 | 0.3 |",
    ],
)
def test_wrong(text: str) -> None:
    (finding,) = judge(doc(text), own=metrics()).findings
    assert finding.severity is Severity.WARNING
    assert finding.evidence[0].expected == 0.41281


@pytest.mark.parametrize(
    "text",
    [
        "Without scaling, validation RMSE is 0.53.",
        "Ridge has a validation RMSE of 0.53.",
        "Cross-validation RMSE: 0.53",
        "Validation RMSE: 0.53 ± 0.02",
        "Validation RMSE: 0.53-0.63",
        "Validation RMSE: 0.53 at epoch 3",
        "# Title\n\n## Baseline\n\nValidation RMSE: 0.53",
        "# Title\n\n## Ablations\n\n| Split | RMSE |\n|---|---|\n| Validation | 0.53 |",
        "In group A the validation RMSE is 0.53.",
        "Run 3 has a validation RMSE of 0.53.",
        "The target is a validation RMSE of 0.53.",
        "Validation RMSE: 412.81",  # another unit
        "| Metric (validation) | Baseline |\n|---|---|\n| RMSE | 0.53 |",
        "| Metric (validation) | Value |\n|---|---|\n| RMSE (night) | 0.53 |",
        "| Metric | Validation | Run 3 |\n|---|---|---|\n| RMSE | 0.53 | 0.6 |",
    ],
)
def test_another_quantity(text: str) -> None:
    assert judge(doc(text), own=metrics(label="Run 4")).findings == ()


NORTH, SOUTH, ISLES = 2.011, 3.472, 4.958


def by_group(overall: float = 2.9, path: str = "metrics.json", **changed: float) -> MetricTable:
    values = {"north": NORTH, "south": SOUTH, "isles": ISLES} | changed
    place = Location(path)
    groups = {key: ReportedValue(value, place, 1e-15) for key, value in values.items()}
    total = ReportedValue(overall, place, 1e-15)
    return MetricTable("rmse", SplitRole.TEST, path, total, groups, {}, path)


def rows(*values: object, header: str = "RMSE") -> str:
    names = ("north", "South", "**Isles**", "Overall")
    body = "".join(f"| {n} | {v} |\n" for n, v in zip(names, values, strict=False))
    return f"| Region | {header} |\n|---|---|\n{body}"


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        (rows(2.01, 3.47, 4.69), "Isles", ISLES),
        (rows(2.01, 3.74, 4.96), "South", SOUTH),
        (rows(2.01, 3.47, 4.96, 2.09), "Overall", 2.9),
        (rows(2.01, 3.47, 4.69, header="Now"), "Isles", ISLES),
        (rows("2.01 | 9.1", "3.47 | 9.2", "4.69 | 9.4", header="Now | Old"), "Isles", ISLES),
    ],
)
def test_a_group_of_the_metrics_file(text: str, label: str, expected: float) -> None:
    if "Old" in text:
        text = text.replace("|---|---|", "|---|---|---|")
    (finding,) = judge(doc(text), own=Metrics((by_group(),))).findings
    assert finding.severity is Severity.WARNING
    (evidence,) = finding.evidence
    assert (evidence.group, evidence.expected) == (label, expected)
    assert finding.primary.line == next(
        n for n, line in enumerate(text.splitlines(), start=1) if label in line
    )


@pytest.mark.parametrize(
    "text",
    [
        rows(2.01, 3.47, 4.96, 2.90),
        rows(2.0, 3.5, 5.0),
        rows(2.01, 3.47, 4.95),  # cut off
        rows(2.01, 3.47, 4.96, 3.48),  # the mean of the three
        rows(2.61, 3.77, 4.96),  # another run that agrees in one row
        rows(2, 3, 4),
        rows(2.01, 3.47, 4.69, header="MAE"),
        rows(2.01, 3.47, 4.69, header="Validation RMSE"),
        "## Training rows\n\n" + rows(2.01, 3.47, 4.69),
        rows("2.01 | 2.01", "3.47 | 3.47", "5.70 | 4.96", header="Before | After").replace(
            "|---|---|", "|---|---|---|"
        ),
        "```\n" + rows(2.01, 3.47, 4.69) + "```",
    ],
)
def test_columns_of_something_else(text: str) -> None:
    assert judge(doc(text), own=Metrics((by_group(),))).findings == ()


def test_a_column_of_the_baseline() -> None:
    baseline = Baseline(by_group(4.0, "baseline.json", isles=6.5))
    for value, findings in ((6.5, 0), (5.6, 1)):
        outcome = stated_twice.function(
            documents=Documents((doc(rows(2.01, 3.47, value)),)),
            metrics=Metrics((by_group(north=1.5, south=1.6, isles=1.7),)),
            baseline=baseline,
            params=Params(),
        )
        assert len(outcome.findings) == findings


def test_values_by_group_in_two_documents() -> None:
    there = doc(rows(2.01, 3.47, 4.96), "docs/eval.md")
    assert judge(doc(rows(2.0, 3.5, 5.0)), there).findings == ()
    (finding,) = judge(doc(rows(2.0, 3.5, 4.7)), there).findings
    assert {place.path for place in finding.locations} == {"README.md", "docs/eval.md"}
    assert judge(doc(rows(2.4, 3.5, 4.7)), there).findings == ()  # another run
    assert judge(doc(rows(2.0, 3.5, 4.7, header="Before")), there).findings == ()


def test_several_values_in_one_document_are_left_open() -> None:
    outcome = judge(doc("Validation RMSE: 0.53.\n\nValidation RMSE: 0.63."), own=metrics())
    assert outcome.findings == ()
    assert outcome.verdict is Verdict.REVIEW


def test_shares_and_percent() -> None:
    own = metrics(0.8712, "accuracy", SplitRole.TEST)
    assert judge(doc("Test accuracy: 87.1 %"), own=own).findings == ()
    assert judge(doc("Test accuracy: 87.1"), own=own).findings == ()
    assert len(judge(doc("Test accuracy: 78.1 %"), own=own).findings) == 1


def test_two_documents_without_a_metrics_file() -> None:
    right = judge(doc("Test RMSE: 0.413"), doc("Test RMSE: 0.4128", "RESULTS.md"))
    assert right.verdict is Verdict.PASS
    (finding,) = judge(doc("Test RMSE: 0.413"), doc("Test RMSE: 0.431", "RESULTS.md")).findings
    assert {place.path for place in finding.locations} == {"README.md", "RESULTS.md"}


def test_two_notebooks_are_two_experiments() -> None:
    first, second = doc("Test RMSE: 0.413", "ridge.ipynb"), doc("Test RMSE: 0.5", "forest.ipynb")
    assert judge(first, second).findings == ()


def test_a_printed_value_is_a_note() -> None:
    printed = Document("run.ipynb", DocumentKind.OUTPUT, "validation rmse 0.53\n", 4)
    (finding,) = judge(printed, own=metrics()).findings
    assert finding.severity is Severity.NOTE


def test_a_markdown_cell_is_a_warning_only_where_results_follow() -> None:
    (finding,) = judge(doc("## Forest\n\nVal RMSE: 0.53", "run.ipynb"), own=metrics()).findings
    assert finding.severity is Severity.NOTE
    (finding,) = judge(doc("## Results\n\nVal RMSE: 0.53", "run.ipynb"), own=metrics()).findings
    assert finding.severity is Severity.WARNING


def test_seed() -> None:
    """The two contradictions of the document, and nothing else."""
    outcome = judge(Document("a.md", DocumentKind.FILE, SEED.read_text(encoding="utf-8")))
    found = {f.subject.rpartition("| ")[2]: [p.line for p in f.locations] for f in outcome.findings}
    assert found == {"range of gap": [145, 425], "range of easy worse x": [15, 441]}


def test_ranges_of_different_runs() -> None:
    text = "Run 2: easy cases are 3-4x worse.\n\nRun 3: easy cases are 5-6x worse.\n"
    assert judge(doc(text)).findings == ()
    text = "Easy cases are 3-4x worse.\n\nEasy cases are 3-5x worse.\n"
    assert judge(doc(text)).findings == ()


def test_run_names() -> None:
    title = doc("# Run 6: results\n\nText.")
    (finding,) = judge(title, own=metrics(label="Run 7")).findings
    assert finding.severity is Severity.WARNING
    assert finding.evidence[0].observed == "run 6"
    assert finding.evidence[0].expected == "run 7"
    assert judge(title, own=metrics(label="Run 6")).findings == ()
    assert judge(doc("# Run 6 compared with Run 7"), own=metrics(label="Run 7")).findings == ()
    notes = doc("# Run 5\n\nText.", "notes/run5.md")
    assert judge(title, notes, own=metrics(label="Run 6")).findings == ()


def test_versions_of_models_are_no_runs() -> None:
    assert judge(doc("# YOLO v5 detector"), own=metrics(label="v7")).findings == ()


def test_title_against_notebook() -> None:
    title, notebook = doc("# Run 6: results"), doc("# Run 5: training", "train.ipynb")
    (finding,) = judge(title, notebook).findings
    assert finding.severity is Severity.NOTE


def tiered() -> Metrics:
    """Three tiers on the test set, and their groups."""

    def value(number: float, name: str) -> ReportedValue:
        return ReportedValue(number, Location("metrics.json", pointer=f"/{name}"), 1e-15)

    groups = {key: value(0.1 + 0.2 * i, key) for i, key in enumerate("pqrstu")}
    tiers = {"easy": value(0.2, "easy"), "medium": value(0.61, "m"), "hard": value(1.03, "hard")}
    table = MetricTable("rmse", SplitRole.TEST, "metrics.json", None, groups, {}, "m", tiers)
    return Metrics((table,))


def tier_table(easy: str, medium: str, hard: str) -> str:
    head = "# By tier (test)\n\n| Tier | RMSE |\n|---|---|\n"
    return f"{head}| Easy | {easy} |\n| Medium | {medium} |\n| Hard | {hard} |\n"


def test_tiers_with_each_others_value() -> None:
    assert judge(doc(tier_table("0.200", "0.610", "1.030")), own=tiered()).verdict is Verdict.PASS
    (finding,) = judge(doc(tier_table("1.030", "0.610", "0.200")), own=tiered()).findings
    assert "Easy 1.030, metrics.json has 0.2" in finding.message
    assert "Hard 0.200, metrics.json has 1.03" in finding.message


@pytest.mark.parametrize(
    "values",
    [
        ("0.250", "0.700", "1.400"),  # of another run
        ("1.0", "0.6", "0.2"),  # known too roughly to say
    ],
)
def test_other_values_are_those_of_another_run(values: tuple[str, str, str]) -> None:
    assert not judge(doc(tier_table(*values)), own=tiered()).findings
