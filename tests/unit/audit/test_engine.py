"""The engine runs every check once, isolates crashes and judges by fixed rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from audit import engine
from audit.config import Config, ConfigError
from audit.gate import ExitCode, exit_code, worst
from audit.load.notebooks import read_script
from audit.model.artifacts import Code, CodeFacts, Documents, Metrics
from audit.model.check import Check, Outcome, Verdict, check, failed, passed
from audit.model.evidence import Evidence
from audit.model.export import Absent, Export, Malformed, Present
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.report import ExperimentVerdict
from audit.model.severity import Confidence, Severity
from checks.hygiene.ignores import ignores

DOC = "\n\n".join(
    f"{title}\n{'-' * len(title)}\nText."
    for title in ("What", "Why", "How it is found", "False alarms", "Remedy", "References")
)


@dataclass(frozen=True)
class Params:
    share: float = 0.5
    names: tuple[str, ...] = ()


def make(id: str, body: Any, params: type = Params) -> Check:
    body.__doc__ = DOC
    return check(id, "A defect", Severity.ERROR, params=params)(body)


def a_finding(
    id: str, severity: Severity = Severity.ERROR, confidence: Confidence = Confidence.HIGH
) -> Finding:
    return Finding(
        check_id=id,
        severity=severity,
        confidence=confidence,
        message="it is wrong",
        locations=(Location("a.py", line=1),),
        evidence=(Evidence("rows", 3),),
        remedy=Remedy("mend it"),
        subject="rows",
    )


def export(**slots: Any) -> Export:
    types = {"code": Code, "documents": Documents}
    return Export("x", "sha256:0", {types[name]: slot for name, slot in slots.items()}, ())


def fires(id: str, *severity: Any) -> Check:
    def body(params: Params) -> Outcome:
        return failed([a_finding(id, *severity)])

    return make(id, body)


def test_every_check_yields_a_run_with_a_reason() -> None:
    def needs_code(code: Code, params: Params) -> Outcome:
        return passed("looked at the code")

    def needs_documents(documents: Documents, params: Params) -> Outcome:
        return passed("looked at the documents")

    def crashes(params: Params) -> Outcome:
        raise ZeroDivisionError("by nought")

    checks = [
        make("LK101", needs_code),
        make("CL501", needs_documents),
        make("MT401", crashes),
        fires("CT201", Severity.WARNING),
    ]
    report = engine.run(
        export(
            code=Absent("no notebook or script was found"),
            documents=Malformed("RESULTS.md is not text", Location("RESULTS.md")),
        ),
        checks,
    )
    assert [(run.check_id, run.verdict.value) for run in report.runs] == [
        ("CL501", "ERROR"),
        ("CT201", "FAIL"),
        ("LK101", "NOT_APPLICABLE"),
        ("MT401", "ERROR"),
    ]
    assert report.runs[0].reason == "RESULTS.md is not text (RESULTS.md)"
    assert report.runs[2].reason == "no notebook or script was found"
    assert report.runs[3].reason == "the check crashed: ZeroDivisionError: by nought"
    assert exit_code(report, Severity.ERROR) is ExitCode.INCOMPLETE


def test_optional_artifact_arrives_as_none_and_params_may_be_left_out() -> None:
    def body(code: Code | None) -> Outcome:
        return passed(f"code is {code}")

    report = engine.run(export(code=Absent("none")), [make("LK101", body)])
    assert report.runs[0].reason == "code is None"


def test_no_pass_without_an_optional_artifact_that_is_there_and_unusable() -> None:
    def body(code: Code | None, documents: Documents | None) -> Outcome:
        return passed("nothing wrong in the rest")

    slots = {"code": Malformed("it is empty", Location("a.py")), "documents": Absent("none")}
    checks = [make("LK101", body), fires("LK102", Severity.ERROR)]
    report = engine.run(export(**slots), checks)
    assert [run.verdict for run in report.runs] == [Verdict.ERROR, Verdict.FAIL]
    assert report.runs[0].reason == ("it is empty (a.py); without it: nothing wrong in the rest")
    assert exit_code(report, Severity.ERROR) is ExitCode.INCOMPLETE


def test_derived_artifact_is_computed_once_and_its_crash_is_contained() -> None:
    calls = []

    def compute(code: Code) -> CodeFacts:
        calls.append(code)
        return CodeFacts((), (), ())

    def body(facts: CodeFacts, params: Params) -> Outcome:
        return passed("seen")

    def broken(code: Code) -> CodeFacts:
        raise RecursionError

    checks = [make("LK101", body), make("LK102", body)]
    code = export(code=Present(Code(())))
    report = engine.run(code, checks, providers={CodeFacts: engine.Provider(Code, compute)})
    assert [run.verdict for run in report.runs] == [Verdict.PASS, Verdict.PASS]
    assert len(calls) == 1
    report = engine.run(code, checks, providers={CodeFacts: engine.Provider(Code, broken)})
    assert [run.verdict for run in report.runs] == [Verdict.ERROR, Verdict.ERROR]
    assert "RecursionError" in report.runs[0].reason


@pytest.mark.parametrize(
    ("id", "severity", "confidence", "verdict"),
    [
        ("LK101", Severity.ERROR, Confidence.HIGH, ExperimentVerdict.INVALID),
        ("CL501", Severity.ERROR, Confidence.HIGH, ExperimentVerdict.INVALID),
        ("LK101", Severity.ERROR, Confidence.MEDIUM, ExperimentVerdict.SUSPECT),
        ("AU301", Severity.ERROR, Confidence.HIGH, ExperimentVerdict.SUSPECT),
        ("CT201", Severity.WARNING, Confidence.HIGH, ExperimentVerdict.SUSPECT),
        ("CT201", Severity.NOTE, Confidence.HIGH, ExperimentVerdict.VALID),
    ],
)
def test_verdict_of_the_experiment(
    id: str, severity: Severity, confidence: Confidence, verdict: ExperimentVerdict
) -> None:
    report = engine.run(export(), [fires(id, severity, confidence)])
    assert report.verdict is verdict


def test_inconclusive_without_evidence_about_splits_and_metrics() -> None:
    def reads_documents(params: Params) -> Outcome:
        return passed("the tables add up")

    def has_no_rows(documents: Documents, params: Params) -> Outcome:
        return passed("no duplicates")

    checks = [make("CL501", reads_documents), make("CT201", has_no_rows)]
    report = engine.run(export(documents=Absent("no documents")), checks)
    assert report.verdict is ExperimentVerdict.INCONCLUSIVE


def test_no_verdict_of_valid_when_a_check_about_splits_could_not_be_completed() -> None:
    def passes(params: Params) -> Outcome:
        return passed("looked")

    def crashes(params: Params) -> Outcome:
        raise ValueError

    def verdict(*checks: Check) -> str:
        return engine.run(export(), checks).verdict.value

    assert verdict(make("MT403", passes)) == "VALID"
    assert verdict(make("MT403", passes), make("CT201", crashes)) == "INCONCLUSIVE"
    assert verdict(make("MT403", passes), make("CL501", crashes)) == "VALID"


@pytest.mark.parametrize(
    ("select", "ignore", "runs"),
    [
        ((), (), True),
        (("CT",), (), False),
        (("LK",), (), True),
        ((), ("LK",), False),
        (("LK",), ("LK",), False),
        (("LK101",), ("LK",), True),
        (("LK",), ("LK101",), False),
    ],
)
def test_the_longer_prefix_selects(
    select: tuple[str, ...], ignore: tuple[str, ...], runs: bool
) -> None:
    assert engine.selected("LK101", Config(select=select, ignore=ignore)) is runs


@pytest.mark.parametrize(("fail_on", "code"), [("NOTE", 1), ("WARNING", 1), ("ERROR", 0)])
def test_exit_code_follows_fail_on(fail_on: str, code: int) -> None:
    report = engine.run(export(), [fires("CT201", Severity.WARNING)])
    assert exit_code(report, Severity[fail_on]) == code
    assert exit_code(report, Severity[fail_on], exit_zero=True) == 0


def test_selection_keeps_a_run_for_every_check() -> None:
    checks = [fires("LK101"), fires("CT201"), fires("CT202")]
    config = Config(select=("CT",), ignore=("CT202",))
    report = engine.run(export(), checks, config)
    verdicts = [run.verdict.value for run in report.runs]
    assert verdicts == ["FAIL", "NOT_APPLICABLE", "NOT_APPLICABLE"]
    assert report.runs[1].reason == "not selected by the configuration"


def test_findings_below_the_thresholds_are_dropped_and_said_so() -> None:
    config = Config(min_confidence="high")
    report = engine.run(export(), [fires("LK101", Severity.ERROR, Confidence.MEDIUM)], config)
    assert report.findings == ()
    assert report.runs[0].verdict is Verdict.REVIEW
    assert "--min-confidence high" in report.runs[0].reason


def test_parameters_come_from_the_configuration() -> None:
    seen = []

    def body(params: Params) -> Outcome:
        seen.append(params)
        return passed("done")

    values = {"LK101": {"share": 1, "names": ["a", "b"]}}
    engine.run(export(), [make("LK101", body)], Config(checks=values))
    assert seen == [Params(share=1.0, names=("a", "b"))]
    assert type(seen[0].share) is float


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ({"LK101": {"shaer": 0.1}}, "'share'"),
        ({"LK101": {"share": "much"}}, "must be float, not str"),
        ({"LK101": {"share": True}}, "must be float, not bool"),
        ({"LK110": {}}, "'LK101'"),
    ],
)
def test_unknown_or_ill_typed_parameters_are_errors(checks: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine.run(export(), [fires("LK101")], Config(checks=checks))


def test_selecting_an_unknown_check_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="LK101"):
        engine.run(export(), [fires("LK101")], Config(select=("LK110",)))


def test_headline_takes_overall_measurements_only() -> None:
    def body(params: Params) -> Outcome:
        return passed(
            "measured",
            [
                Evidence("reported_metric", 0.2),
                Evidence("reported_metric", 0.4, group="north"),
                Evidence("worst_group", "north"),
            ],
        )

    report = engine.run(export(), [make("MT403", body)])
    assert report.headline.reported_metric == Evidence("reported_metric", 0.2)
    assert report.headline.worst_group == Evidence("worst_group", "north")
    assert report.headline.balanced_metric is None


def test_findings_of_one_subject_are_told_apart_by_their_place() -> None:
    def body(params: Params) -> Outcome:
        places = [Location("b.py", line=3), Location("a.py", line=9), Location("a.py", line=10)]
        return failed([replace(a_finding("LK101"), locations=(place,)) for place in places])

    report = engine.run(export(), [make("LK101", body)])
    subjects = {str(finding.primary): finding.subject for finding in report.findings}
    assert subjects == {"a.py:9": "rows", "a.py:10": "rows #2", "b.py:3": "rows #3"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("share", 7, "between 0 and 1"),
        ("share", -0.1, "between 0 and 1"),
        ("share", float("nan"), "between 0 and 1"),
        ("share", True, "must be float, not bool"),
        ("share", "0.1", "must be float, not str"),
        ("rows", -1, "0 or more"),
        ("rows", 1.5, "must be int, not float"),
        ("factor", float("inf"), "finite number"),
        ("names", [{"a": 1}], "must be list"),
        ("names", "a", "must be list"),
        ("shara", 0.1, "'share'"),
    ],
)
def test_parameters_out_of_range(name: str, value: object, message: str) -> None:
    def body(params: Wide) -> Outcome:
        return passed("fine")

    config = Config(checks={"LK101": {name: value}}, source="audit.toml")
    with pytest.raises(ConfigError) as error:
        engine.run(export(), [make("LK101", body, Wide)], config)
    assert message in str(error.value)
    assert str(error.value).startswith("audit.toml: ")


@dataclass(frozen=True)
class Wide:
    share: float = 0.5
    rows: int = 30
    factor: float = 2.0
    names: tuple[str, ...] = ()


def test_an_incomplete_check_stays_incomplete_when_its_findings_are_silenced() -> None:
    def body(code: Code, metrics: Metrics | None, params: Params) -> Outcome:
        return failed([a_finding("MT401")])

    file, _ = read_script("a.py", b"x = 1  # audit: ignore[MT401] reason='known'\n")
    slots = {
        Code: Present(Code((file,))),
        Metrics: Malformed("cut off", Location("metrics.json")),
    }
    report = engine.run(Export("x", "sha256:0", slots, ()), [make("MT401", body), ignores])
    run = next(run for run in report.runs if run.check_id == "MT401")
    assert run.verdict is Verdict.ERROR
    assert run.reason == "cut off (metrics.json); without it: 1 finding suppressed: known"
    assert len(report.suppressed) == 1
    assert exit_code(report, Severity.ERROR) is ExitCode.INCOMPLETE


def test_an_empty_id_selects_nothing_and_ignores_nothing() -> None:
    for config in (Config(ignore=("",)), Config(select=("",))):
        with pytest.raises(ConfigError):
            engine.run(export(), [fires("LK101")], config)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 1], 1), ([1, 3, 0], 3), ([3, 4, 1], 4), ([0, 0], 0)],
)
def test_one_exit_code_for_several(codes: list[int], expected: int) -> None:
    assert worst(ExitCode(code) for code in codes) == expected
