"""Ignore comments and baselines, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiment import clean_experiment
from tests.faults import ct202, lk101, lk102
from tests.harness import EXPORTS, overlay
from tests.unit.audit.cli import Result, run_json

LINE = "plots[measurements] = scaler.fit_transform(plots[measurements])"
REASON = 'reason="constants from the literature"'


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    return overlay(EXPORTS / "LK102" / "bad", tmp_path / "leaky")


def comment(export: Path, text: str) -> None:
    file = export / "experiment.py"
    code = file.read_text()
    assert LINE in code
    file.write_text(code.replace(LINE, f"{LINE}  {text}"))


def findings(report: Any) -> list[str]:
    return [each["check_id"] for run in report["runs"] for each in run["findings"]]


def run_of(report: Any, check_id: str) -> Any:
    return next(run for run in report["runs"] if run["check_id"] == check_id)


@pytest.mark.parametrize("ids", ["LK102", "LK", "LK101, LK102"])
def test_a_comment_with_a_reason_silences(leaky: Path, ids: str) -> None:
    comment(leaky, f"# audit: ignore[{ids}] {REASON}")
    report = run_json(leaky)
    assert findings(report) == []
    assert report["verdict"] == "VALID"
    assert report["verdict_unsuppressed"] == "SUSPECT"
    (each,) = report["suppressed"]
    assert (each["kind"], each["reason"]) == ("inSource", "constants from the literature")
    assert each["finding"]["check_id"] == "LK102"
    run = run_of(report, "LK102")
    assert run["verdict"] == "REVIEW"
    assert run["reason"] == "1 finding suppressed: constants from the literature"
    assert run_of(report, "HY604")["verdict"] == "PASS"
    assert Result("run", leaky, "--fail-on", "warning", "--format", "json").code == 0


def test_what_is_silenced_is_said_plainly(leaky: Path, tmp_path: Path) -> None:
    comment(leaky, f"# audit: ignore[LK102] {REASON}")
    shown = Result("run", leaky, "--output", tmp_path / "out").out
    assert "1 finding suppressed by a comment in the export" in shown
    assert "SUSPECT" in shown.partition("\n\n")[0]
    assert "LK102 suppressed at experiment.py:10 (comment): constants" in shown
    written = (tmp_path / "out" / "leaky.md").read_text()
    top, _, rest = written.partition("\n## ")
    assert "1 finding suppressed by a comment in the export" in top
    assert "| LK102 | `experiment.py`, line 10 |" in rest.partition("## Suppressed")[2]


def test_a_comment_without_a_reason_silences_nothing(leaky: Path) -> None:
    comment(leaky, "# audit: ignore[LK102]")
    report = run_json(leaky)
    assert findings(report) == ["HY604", "LK102"]
    assert report["suppressed"] == []
    assert "gives no reason" in run_of(report, "HY604")["findings"][0]["message"]


def test_an_unknown_id_is_named_with_the_nearest(leaky: Path) -> None:
    comment(leaky, f"# audit: ignore[LK1O2] {REASON}")
    report = run_json(leaky)
    assert findings(report) == ["HY604", "LK102"]
    assert "LK1O2 (did you mean LK102?)" in run_of(report, "HY604")["reason"]


def test_a_comment_elsewhere_silences_nothing(leaky: Path) -> None:
    file = leaky / "experiment.py"
    file.write_text(f"import os  # audit: ignore[LK102] {REASON}\n" + file.read_text())
    report = run_json(leaky)
    assert findings(report) == ["HY604", "LK102"]
    assert run_of(report, "HY604")["findings"][0]["severity"] == "NOTE"


def test_unused_is_not_said_of_a_check_that_did_not_run(leaky: Path) -> None:
    file = leaky / "experiment.py"
    file.write_text(f"import os  # audit: ignore[LK102] {REASON}\n" + file.read_text())
    assert findings(run_json(leaky, "--ignore", "LK102")) == []


def test_a_threshold_does_not_make_a_comment_unused(leaky: Path) -> None:
    comment(leaky, f"# audit: ignore[LK102] {REASON}")
    report = run_json(leaky, "--min-severity", "error")
    assert findings(report) == []
    assert report["suppressed"] == []


def test_comments_of_an_export_that_is_not_trusted(leaky: Path) -> None:
    comment(leaky, f"# audit: ignore[LK102] {REASON}")
    report = run_json(leaky, "--no-inline-ignores")
    assert findings(report) == ["LK102"]
    assert report["suppressed"] == []
    run = run_of(report, "HY604")
    assert run["verdict"] == "REVIEW"
    assert "not honoured (--no-inline-ignores): experiment.py:10 ignore[LK102]" in run["reason"]
    assert any("--no-inline-ignores" in line for line in report["settings"])
    code = Result("run", leaky, "--no-inline-ignores", "--fail-on", "warning", "--format", "json")
    assert code.code == 1


def test_a_table_in_markdown(tmp_path: Path) -> None:
    export = overlay(EXPORTS / "CL501" / "bad", tmp_path)
    file = export / "RESULTS.md"
    said = '<!-- audit: ignore[CL501] reason="quoted from the first report" -->'
    heading = "## Validation composition\n\n"
    assert heading in file.read_text()
    file.write_text(file.read_text().replace(heading, f"{heading}{said}\n\n"))
    report = run_json(export)
    assert findings(report) == []
    assert [each["finding"]["check_id"] for each in report["suppressed"]] == ["CL501"]


def test_a_notebook_in_which_another_cell_does_not_parse(tmp_path: Path) -> None:
    experiment = clean_experiment(1)
    lk102.FAULT.apply(experiment, np.random.default_rng(0))
    export = experiment.write(tmp_path)
    (finding,) = (f for r in run_json(export)["runs"] for f in r["findings"])
    place = finding["locations"][0]
    notebook = json.loads((export / "experiment.ipynb").read_text())
    source = "".join(notebook["cells"][place["cell"]]["source"]).split("\n")
    source[place["line"] - 1] += f"  # audit: ignore[LK102] {REASON}"
    notebook["cells"][place["cell"]]["source"] = "\n".join(source)
    broken = {**notebook["cells"][place["cell"]], "source": "x = = 'it''s"}
    notebook["cells"].append(broken)
    (export / "experiment.ipynb").write_text(json.dumps(notebook))
    report = run_json(export)
    assert "LK102" not in findings(report)
    assert len(report["suppressed"]) == 1


# --- baseline ---------------------------------------------------------------------------------


@pytest.fixture
def contaminated(tmp_path: Path) -> Path:
    experiment = clean_experiment(1)
    ct202.FAULT.apply(experiment, np.random.default_rng(1))
    return experiment.write(tmp_path / "contaminated")


def test_known_findings_do_not_fail_and_are_not_hidden(contaminated: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    before = run_json(contaminated)
    assert before["verdict"] == "INVALID"
    written = Result("run", contaminated, "--format", "json", "--write-baseline", file)
    assert written.code == 0
    assert str(file) in written.err
    again = Result("run", contaminated, "--format", "json", "--baseline", file)
    assert again.code == 0
    report = json.loads(again.out)
    assert findings(report) == []
    assert report["verdict"] == "INVALID"
    known = len(findings(before))
    assert report["baseline"] == {"source": "known.json", "new": 0, "known": known, "fixed": []}
    assert report["headline"]["contaminated_share"] == before["headline"]["contaminated_share"]
    assert {each["kind"] for each in report["suppressed"]} == {"external"}
    shown = Result("run", contaminated, "--format", "console", "--baseline", file).out
    top = " ".join(shown.partition("\n\n")[0].split())
    assert top.startswith("contaminated: INVALID")
    assert f"{known} known finding" in top
    assert "accepted by the baseline known.json" in top


def test_a_new_finding_fails_and_a_fixed_one_is_named(contaminated: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    Result("run", contaminated, "--format", "json", "--write-baseline", file)
    experiment = clean_experiment(1)
    lk101.FAULT.apply(experiment, np.random.default_rng(1))
    other = experiment.write(tmp_path / "renamed")
    result = Result("run", other, "--format", "json", "--baseline", file)
    assert result.code == 1
    use = json.loads(result.out)["baseline"]
    assert use["known"] == 0
    assert use["new"] >= 1
    assert any(line.startswith("CT202 ") for line in use["fixed"])
    page = Result("run", other, "--format", "markdown", "--baseline", file).out
    assert "In the baseline, and found no more:" in page


def test_what_was_not_looked_at_is_not_called_fixed(contaminated: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    Result("run", contaminated, "--format", "json", "--write-baseline", file)
    report = run_json(contaminated, "--baseline", file, "--ignore", "CT", "--ignore", "MT")
    assert not any(line.startswith(("CT", "MT")) for line in report["baseline"]["fixed"])


def test_a_renamed_folder_keeps_its_baseline(contaminated: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    Result("run", contaminated, "--format", "json", "--write-baseline", file)
    moved = contaminated.rename(tmp_path / "moved")
    assert Result("run", moved, "--format", "json", "--baseline", file).code == 0


def test_a_baseline_is_stable_and_keeps_its_reasons(contaminated: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    Result("run", contaminated, "--format", "json", "--write-baseline", file)
    first = file.read_text()
    Result("run", contaminated, "--format", "json", "--write-baseline", file)
    assert file.read_text() == first
    document = json.loads(first)
    (entries,) = document["exports"].values()
    assert entries == sorted(entries, key=lambda each: (each["check_id"], each["fingerprint"]))
    entries[0]["reason"] = "accepted until the next release"
    file.write_text(json.dumps(document))
    report = run_json(contaminated, "--baseline", file)
    assert "accepted until the next release" in {each["reason"] for each in report["suppressed"]}
    Result("run", contaminated, "--format", "json", "--baseline", file, "--write-baseline", file)
    assert json.loads(file.read_text()) == document


def test_a_baseline_inside_the_export_is_no_part_of_it(
    contaminated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(contaminated)
    before = run_json(".")
    Result("run", ".", "--format", "json", "--write-baseline", "known.json")
    after = run_json(".", "--baseline", "known.json")
    assert after["export"] == before["export"]


def test_a_baseline_of_several_exports(contaminated: Path, leaky: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    warning = ("--fail-on", "warning", "--format", "json")
    assert Result("run", contaminated, leaky, *warning, "--write-baseline", file).code == 0
    assert Result("run", contaminated, leaky, *warning, "--baseline", file).code == 0
    assert Result("run", leaky, *warning, "--baseline", file).code == 0
    assert list(json.loads(file.read_text())["exports"]) == ["contaminated", "leaky"]
    # what is known of one export is not known of another
    copy = overlay(EXPORTS / "LK102" / "bad", tmp_path / "third")
    assert Result("run", copy, *warning, "--baseline", file).code == 1
    assert Result("run", copy, contaminated, *warning, "--baseline", file).code == 1


GOOD = {
    "schema_version": 1,
    "exports": {"x": [{"check_id": "LK101", "fingerprint": "0" * 16}]},
}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "--write-baseline"),
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe\x00", "cannot read the baseline"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no baseline of this tool"),
        (b'{"rmse": 0.4}', "no baseline of this tool"),
        (b'{"schema_version": 99, "exports": {}}', "schema_version 99 is not known"),
        (b'{"schema_version": true, "exports": {}}', "no baseline of this tool"),
        (b'{"schema_version": 1, "exports": []}', "no baseline of this tool"),
        (b'{"schema_version": 1, "exports": {"x": {}}}', "is no list"),
        (b'{"schema_version": 1, "exports": {"x": [1]}}', "entry 1 of 'x' is no object"),
        (b'{"schema_version": 1, "exports": {"x": [{}]}}', "check_id must be a string"),
        (
            b'{"schema_version": 1, "exports": {"x": [{"check_id": "a", "fingerprint": 3}]}}',
            "fingerprint must be a string",
        ),
        (
            json.dumps(GOOD).replace("}]", ', "count": -1}]').encode(),
            "count must be a whole number above 0",
        ),
        (json.dumps(GOOD).replace("}]", ', "reason": 3}]').encode(), "reason must be a string"),
        (json.dumps(GOOD).replace("}]", ', "resaon": ""}]').encode(), "unknown key 'resaon'"),
        (b" " * ((16 << 20) + 1), "larger than 16 MiB"),
        (
            json.dumps({"schema_version": 1, "exports": {"x": [0] * 100_001}}).encode(),
            "more than 100,000 entries",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, bytes) else None,
)
def test_a_baseline_that_cannot_be_used(
    content: bytes | None, message: str, leaky: Path, tmp_path: Path
) -> None:
    file = tmp_path / "known.json"
    if content is not None:
        file.write_bytes(content)
    result = Result("run", leaky, "--baseline", file)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert len(result.err) < 500


def test_a_hostile_baseline_stays_text(leaky: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    Result("run", leaky, "--format", "json", "--write-baseline", file)
    document = json.loads(file.read_text())
    evil = "\x1b[31m</td><script>alert(1)</script>|\n# heading"
    document["exports"]["leaky"][0] |= {"reason": evil, "message": evil, "path": evil}
    document["exports"]["leaky"].append(
        {"check_id": "CT201", "fingerprint": "f" * 16, "message": evil, "path": evil}
    )
    file.write_text(json.dumps(document))
    console = Result("run", leaky, "--format", "console", "--baseline", file).out
    markdown = Result("run", leaky, "--format", "markdown", "--baseline", file).out
    for shown in (console, markdown):
        assert "alert(1)" in shown
        assert "\x1b" not in shown
        assert "\n# heading" not in shown
    assert "<script>" not in markdown


def test_a_baseline_that_is_a_folder(leaky: Path, tmp_path: Path) -> None:
    result = Result("run", leaky, "--baseline", tmp_path)
    assert result.code == 2
    assert "Traceback" not in result.err
