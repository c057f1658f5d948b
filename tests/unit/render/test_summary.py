from __future__ import annotations

from dataclasses import replace

from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.report import ExperimentVerdict, Headline
from audit.render.summary import answer, counts, headline_rows, tier_order
from tests.unit.render.reports import clean_report, inconclusive_report, rich_report, run


def rows(report: object) -> dict[str, tuple[str, str]]:
    return {row.label: (row.reported, row.supported) for row in headline_rows(report)}


def test_answer_of_an_invalid_result_names_the_share_and_the_null() -> None:
    first, second = answer(rich_report())
    assert first == (
        "The reported log2_mse of 0.1815 does not measure generalisation: 89.6 % of the held-out "
        "rows have a copy in the training set once the column n is left out (0.03 % expected by "
        "chance)."
    )
    assert second == (
        "No honest overall figure can be computed from this export: clean rows exist in the easy "
        "tier only."
    )


def test_answer_without_rows_rests_on_the_code() -> None:
    report = rich_report()
    runs = tuple(each for each in report.runs if not each.check_id.startswith("CT"))
    head = Headline(decontaminated_metric=Evidence("decontaminated_metric", 0.44, n=90))
    first, second = answer(replace(report, runs=runs, headline=head))
    assert first.startswith("The reported result does not measure generalisation: rows are dupl")
    assert second == "On the held-out rows without a copy in train it is 0.44, n = 90."


def test_answer_of_an_invalid_claim_does_not_speak_of_generalisation() -> None:
    report = rich_report()
    keep = [each for each in report.runs if each.check_id == "CL501"]
    wrong = replace(keep[0].findings[0], severity=rich_report().findings[0].severity)
    runs = (replace(keep[0], findings=(wrong,)),)
    (first,) = answer(replace(report, runs=runs, headline=Headline()))
    assert first == (
        "The reported result cannot be trusted: the rows of the table sum to 374,400, not to the "
        "stated 421,200."
    )


def test_answer_of_a_suspect_result() -> None:
    report = rich_report()
    runs = tuple(each for each in report.runs if each.check_id in ("LK102", "CL501"))
    suspect = replace(report, runs=runs, verdict=ExperimentVerdict.SUSPECT)
    first, second = answer(suspect)
    assert first.startswith(
        "The reported log2_mse of 0.1815 may mislead: `scaler` is fitted on rows"
    )
    assert second == "1 further finding below."


def test_answer_of_a_valid_result_counts_what_ran_and_what_could_not_tell() -> None:
    assert answer(clean_report()) == (
        "No reason to doubt the reported accuracy of 0.913 was found by the 4 checks that could "
        "run.",
    )
    report = clean_report()
    runs = (*report.runs, run("MT404", "Gap", Verdict.REVIEW, "no history"))
    assert answer(replace(report, runs=runs))[1] == "1 check could not tell."


def test_answer_of_a_result_whose_checks_broke() -> None:
    report = clean_report()
    broken = run("CT201", "Copies", Verdict.ERROR, "the check crashed")
    report = replace(report, runs=(*report.runs, broken), verdict=ExperimentVerdict.INCONCLUSIVE)
    assert answer(report)[0].startswith("1 check could not be completed, so the reported result")


def test_answer_of_an_inconclusive_result() -> None:
    assert "neither confirmed nor doubted" in answer(inconclusive_report())[0]


def test_headline_rows() -> None:
    assert rows(rich_report()) == {
        "overall log2_mse": (
            "0.1815",
            "cannot be estimated: clean rows exist in the easy tier only",
        ),
        "easy groups": ("0.4054 to 0.4605", "0.4054 to 0.4605, n = 180"),
        "medium and hard groups": ("0.1274 to 0.224", "cannot be estimated: no clean rows"),
        "balanced over tiers": (
            "not reported",
            "0.2588, with the copies in medium and hard",
        ),
        "against the baseline": (
            "0.1815 against 0.507",
            "worse in 3 of 9 groups; worst in k=5, m=2: 0.4506 against 0.09602 "
            "(4.7 times as large)",
        ),
        "held-out rows with copies": (
            "not reported",
            "89.6 % once the column n is left out (0.03 % expected by chance)",
        ),
    }


def test_headline_of_a_score_where_greater_is_better() -> None:
    assert rows(clean_report()) == {
        "overall accuracy": ("0.913", "0.9124 [0.896, 0.928], n = 1,187"),
        "against the baseline": (
            "not reported",
            "2 groups compared: none is worse beyond rounding and noise",
        ),
        "held-out rows with copies": ("not reported", "0 %"),
    }


def test_groups_that_were_compared_without_a_judgement_are_not_judged() -> None:
    report = clean_report()
    runs = tuple(
        replace(each, verdict=Verdict.REVIEW) if each.check_id == "MT401" else each
        for each in report.runs
    )
    assert rows(replace(report, runs=runs))["against the baseline"] == (
        "not reported",
        "2 groups compared",
    )


def test_clean_groups_are_held_against_what_was_reported_on_the_same_groups() -> None:
    measured = (
        Evidence("decontaminated_metric", 0.34, expected=0.327, n=30, group="tier easy"),
        Evidence("decontaminated_metric", None, expected=0.52, method="none", group="tier hard"),
    )
    checks = (run("MT405", "Clean", Verdict.PASS, "ok", measured=measured),)
    assert rows(replace(clean_report(), runs=checks, headline=Headline())) == {
        "easy tier": ("0.327", "0.34, n = 30"),
        "hard tier": ("0.52", "cannot be estimated: none"),
    }


def test_few_groups_without_tiers_have_a_row_each_many_have_one() -> None:
    def report(n: int) -> object:
        measured = tuple(
            Evidence("decontaminated_metric", 0.1 * (i + 1) if i else None, n=10, group=f"g{i}")
            for i in range(n)
        )
        checks = (run("MT405", "Clean", Verdict.PASS, "ok", measured=measured),)
        return replace(clean_report(), runs=checks, headline=Headline())

    assert rows(report(2)) == {
        "g0": ("not reported", "cannot be estimated"),
        "g1": ("not reported", "0.2, n = 10"),
    }
    assert rows(report(6)) == {
        "by group": (
            "not reported",
            "0.2 to 0.6 in 5 of 6 groups; the others cannot be estimated, n = 50",
        )
    }


def test_no_evidence_no_rows() -> None:
    assert rows(inconclusive_report()) == {}


def test_counts() -> None:
    levels, checks = counts(rich_report())
    assert levels == "2 errors · 3 warnings · 0 notes · 1 suppressed"
    assert checks == (
        "13 checks: 5 with findings, 5 passed, 1 could not tell, 1 not applicable, "
        "1 could not be completed"
    )


def test_tiers_keep_their_order() -> None:
    assert tier_order(rich_report()) == ("easy", "medium", "hard")
