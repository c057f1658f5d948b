"""CL502: what must be found, what must be called right, and what it says about the seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.artifacts import Document, DocumentKind, Documents
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence
from checks.claims.changes import Params, changes

SEED = Path(__file__).parent.parent.parent / "corpus" / "run6_analysis.md"


def judge(text: str, kind: DocumentKind = DocumentKind.FILE) -> Outcome:
    cell = None if kind is DocumentKind.FILE else 3
    documents = Documents((Document("README.md", kind, text, cell),))
    return changes.function(documents=documents, params=Params())


def verdicts(text: str) -> list[object]:
    return [claim.expected for claim in judge(text).measured]


def table(*rows: str, header: str = "| Group | Run 2 | Run 6 | % Change |") -> str:
    rule = "|" + "---|" * (header.count("|") - 1)
    return "\n".join(["# Groups", "", header, rule, *rows, ""])


@pytest.mark.parametrize(
    "text",
    [
        "RMSE of 0.181, 51.5% better than the 0.374 target.",
        "Validation RMSE is 0.181 (51.5 % lower than 0.374).",
        "The error fell from 0.48 to 0.181, a 62 % reduction.",
        "The error fell from 0.48 to 0.181, a 165 % reduction.",  # relative to the new value
        "We reduced the error by 39 % from 0.227 to 0.138.",
        "The loss rose from 0.103 to 0.405 (3.9x worse).",
        "The loss rose from 0.103 to 0.405 (2.9x worse).",
        "Accuracy improved from 82.1 % to 85.3 % (+3.2 points).",
        "Accuracy improved from 0.821 to 0.853 (+3.2 pp).",
        "Accuracy improved from 82.1 % to 85.3 % (3.9 % better).",
        "108,000 → 2,808,000 samples (26x increase!)",
        "A 26x increase (3,600 to 93,600).",
        "Latency was halved from 120 ms to 61 ms.",
        "The error fell from\n0.48 to\n0.181, a 62 % reduction.",
        "- Training loss: 0.177264\n- Validation loss: 0.181483\n- **Gap: 0.004218**",
        "(5,400 * 0.44 + 140,400 * 0.14 + 275,400 * 0.19) / 421,200 ≈ 0.177",
        "5,400 * 0.44 + 140,400 * 0.14 + 275,400 * 0.19 / 421,200 ≈ 0.177",
        "(0.374 - 0.181) / 0.374 = 51.6 %",
        "256 × 256 = 64K",
        "Latency is down 40% (50 ms -> 30 ms).",
        "Latency fell to 60% (50 ms -> 30 ms).",
        "The model has a size of 120 MB, was 160 MB (25% smaller).",
        "Throughput went from 120 to 300 images/s (2.5x).",
        "The error rate fell from 8.8% to 7.0%, a relative reduction of 20%.",
        "The MAE fell from 4.82 to 3.61, i.e. by 25.1 %.",
        "Val loss 0.371, train loss 0.342, gap 0.029.",
        "Der RMSE: 0,48 → 0,181 (62 %).",
        "| x | MAE | Δ vs. ARIMA |\n|---|---|---|\n| ARIMA | 4.82 | – |\n| TCN | 3.95 | −18 % |\n"
        "| LSTM | 4.10 | −14.9 % |",
    ],
)
def test_right(text: str) -> None:
    assert verdicts(text) == ["consistent"]
    assert judge(text).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RMSE of 0.181, 41.5% better than the 0.374 target.", 51.6),
        ("The error fell from 0.48 to 0.181, a 52 % reduction.", 62.3),
        ("We reduced the error by 29 % from 0.227 to 0.138.", 39.2),
        ("The loss rose from 0.103 to 0.405 (6x worse).", 3.93),
        ("Accuracy improved from 82.1 % to 85.3 % (+4.2 points).", 3.2),
        ("108,000 → 2,808,000 samples (36x increase!)", 26.0),
        ("A 16x increase (3,600 to 93,600).", 25.0),  # the increase is nearer than the ratio
        ("Latency was halved from 120 ms to 91 ms.", None),
        ("Latency is down 60% (50 ms -> 30 ms).", 66.7),
        ("The model has a size of 120 MB, was 160 MB (45% smaller).", 33.3),
        ("Throughput went from 120 to 300 images/s (3.5x).", 2.5),
        ("The error rate fell from 8.8% to 7.0%, a relative reduction of 30%.", 25.7),
        ("The MAE fell from 4.82 to 3.61, i.e. by 29.1 %.", 33.52),
        ("Val loss 0.371, train loss 0.342, gap 0.019.", 0.029),
        ("Der RMSE: 0,48 → 0,181 (42 %).", 62.3),
        (
            "| x | MAE | Δ vs. ARIMA |\n|---|---|---|\n| ARIMA | 4.82 | – |\n"
            "| TCN | 3.95 | −28 % |\n| LSTM | 4.10 | −14.9 % |\n| Ours | 3.61 | −25.1 % |",
            18.05,
        ),
        ("- Train RMSE: 0.177\n- Val RMSE: 0.281\n- Gap: 0.004", 0.104),
        ("Mean = (0.405 + 0.460 + 0.451) / 3 = 0.54", 0.43867),
        ("```\nTotal = 100 + 200\n      = 350 rows\n```", 300.0),
    ],
)
def test_wrong(text: str, expected: float | None) -> None:
    (finding,) = judge(text).findings
    (evidence,) = finding.evidence
    if expected is not None:
        assert evidence.expected == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("kind", [DocumentKind.FILE, DocumentKind.MARKDOWN_CELL])
def test_wrong_row(kind: DocumentKind) -> None:
    text = table(
        "| a | 0.103 | 0.405 | -293% |",
        "| b | 0.108 | 0.460 | -328% |",
        "| c | 0.210 | 0.127 | +39% |",
        "| d | 0.227 | 0.138 | +59% |",
    )
    (finding,) = judge(text, kind).findings
    assert [place.line for place in finding.locations] == [8]
    assert finding.evidence[0].expected == pytest.approx(100 * 0.089 / 0.227)


def test_several_wrong_rows_are_one_finding() -> None:
    rows = [f"| g{i} | 0.50 | 0.40 | -20% |" for i in range(6)]
    rows += ["| x | 0.50 | 0.40 | -35% |", "| y | 0.80 | 0.40 | -20% |"]
    (finding,) = judge(table(*rows)).findings
    assert [place.line for place in finding.locations] == [11, 12]
    assert len(finding.evidence) == 2


SIGNED = ("| {} | 0.20 | 0.10 | {} |", "| b | 0.30 | 0.24 | -20% |", "| c | 0.40 | 0.50 | +25% |")


def test_a_sign_against_all_others() -> None:
    more = [SIGNED[1], SIGNED[2], "| d | 0.50 | 0.40 | -20% |"]
    assert judge(table(SIGNED[0].format("a", "-50%"), *more)).findings == ()
    (finding,) = judge(table(SIGNED[0].format("a", "+50%"), *more)).findings
    assert finding.confidence is Confidence.MEDIUM
    assert [place.line for place in finding.locations] == [5]
    assert finding.evidence[0].expected == -50.0
    # metrics have directions of their own, and three rows show no convention
    for other in (
        table(SIGNED[0].format("Accuracy", "+50%"), *more),
        table(SIGNED[0].format("a", "+50%"), *more, header="| Metric | Old | New | Change |"),
        table(SIGNED[0].format("a", "+50%"), *more, header="| Group | Old | New | Improvement |"),
        table(SIGNED[0].format("a", "+50%"), SIGNED[1], SIGNED[2]),
        table(SIGNED[0].format("a", "50%"), *(row.replace("-20%", "20%") for row in more)),
    ):
        assert judge(other).findings == ()


def test_decimal_commas_beside_decimal_points_are_left_open() -> None:
    text = "Der RMSE: 0,48 → 0,181 (42 %). Python 3.11 was used."
    assert judge(text).findings == ()


def test_one_row_between_old_and_new() -> None:
    header = "| Metric | Before | After | Change |"
    (finding,) = judge(table("| RMSE | 0.50 | 0.40 | -35% |", header=header)).findings
    assert finding.evidence[0].observed == -35.0


def test_columns_that_may_be_anything_are_left_open() -> None:
    header = "| Model | Size | Accuracy | Improvement |"
    outcome = judge(table("| a | 10 | 80 | 33 |", "| b | 20 | 85 | 44 |", header=header))
    assert outcome.verdict is Verdict.REVIEW
    assert [claim.expected for claim in outcome.measured] == ["could not tell"]


def test_seed() -> None:
    """Only the formula is wrong; −328 % from rounded inputs, 39 %, −369 % and the gap are not."""
    outcome = judge(SEED.read_text(encoding="utf-8"))
    (finding,) = outcome.findings
    assert [place.line for place in finding.locations] == [130]
    assert finding.evidence[0].observed == 0.181
    assert finding.evidence[0].expected == pytest.approx(67_806 / 421_200)
    assert "0.161" in finding.message
    assert "15,480" in finding.message
    right = [claim for claim in outcome.measured if claim.expected == "consistent"]
    assert any("9 rows agree" in claim.method for claim in right)
    assert any("0.004218" in str(claim.observed) for claim in right)
    assert any("51.5%" in str(claim.observed) for claim in right)


GROUPS = table(
    "| a | Med | 0.210 | 0.127 | +39% |",
    "| b | Med | 0.227 | 0.138 | +39% |",
    "| c | Med | 0.356 | 0.155 | +56% |",
    "| d | Easy | 0.103 | 0.405 | -293% |",
    "| e | Easy | 0.096 | 0.451 | -369% |",
    header="| Group | Type | Run 2 | Run 6 | % Change |",
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("- Medium cases: 39-56% better", "consistent"),
        ("- Medium cases: 39-66% better", "wrong"),
        ("- Easy cases: **3-4x worse** than Run 2 baseline", "consistent"),  # the increases
        ("- Easy cases: 4-5x worse than Run 2 baseline", "consistent"),  # the ratios
        ("- Easy cases: 6-8x worse than Run 2 baseline", "wrong"),
        ("- Easy cases: 293-369% worse", "consistent"),
    ],
)
def test_ranges_that_sum_up_a_table(text: str, verdict: str) -> None:
    claims = judge(f"{GROUPS}\n**Analysis:**\n{text}\n").measured
    (claim,) = [each for each in claims if "cases" in str(each.observed)]
    assert claim.expected == verdict


@pytest.mark.parametrize("aside", ["groups (4,2) and [0,1]", "5,400 rows", "k=4,m=2"])
def test_commas_that_are_no_decimals(aside: str) -> None:
    text = f"{aside}\n\nThe error fell from 0.48 to 0.181, a 52 % reduction."
    assert len(judge(text).findings) == 1


def test_nothing_to_check() -> None:
    assert judge("# Title\n\nNo numbers.\n").verdict is Verdict.NOT_APPLICABLE


def test_subject_survives_edits_elsewhere() -> None:
    text = table("| RMSE | 0.50 | 0.40 | -35% |", header="| Metric | Before | After | Change |")
    (first,) = judge(text).findings
    (second,) = judge("# New title\n\nA new paragraph.\n\n" + text).findings
    assert first.fingerprint == second.fingerprint
