"""Reports made by hand, from which renderers are tested."""

from __future__ import annotations

from collections.abc import Callable

from audit.model.artifacts import DataStep, StepKind
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.export import Recognised
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.report import CheckRun, ExperimentVerdict, Headline, Report, Suppressed
from audit.model.severity import Confidence, Severity

# label: (tier, rows, exact copies, copies without the column n, metric, baseline)
GROUPS = {
    "k=4, m=2": ("easy", 60, 0, 1, 0.405360, 0.103043),
    "k=4, m=3": ("easy", 60, 0, 0, 0.460462, 0.107653),
    "k=5, m=2": ("easy", 60, 0, 2, 0.450569, 0.096024),
    "k=4, m=4": ("medium", 1560, 3, 1201, 0.127370, 0.209655),
    "k=5, m=3": ("medium", 1560, 2, 1186, 0.137842, 0.227183),
    "k=6, m=2": ("medium", 1560, 1, 1190, 0.155255, 0.355892),
    "k=5, m=4": ("hard", 3060, 5, 2989, 0.200213, 0.957722),
    "k=6, m=3": ("hard", 3060, 4, 2995, 0.168260, 1.083320),
    "k=4, m=5": ("hard", 3060, 2, 3011, 0.224046, 1.422106),
}
TIERS = {label: row[0] for label, row in GROUPS.items()}
NOTEBOOK = "experiment.ipynb"


def run(
    check_id: str,
    title: str,
    verdict: Verdict,
    reason: str,
    findings: tuple[Finding, ...] = (),
    measured: tuple[Evidence, ...] = (),
) -> CheckRun:
    return CheckRun(
        check_id=check_id,
        title=title,
        severity=Severity.ERROR,
        verdict=verdict,
        reason=reason,
        findings=findings,
        measured=measured,
        seconds=0.0125,
        how=f"How {check_id} looks for it: with `code` and\nover two lines.\n\n- one\n- two",
        false_alarms="When rows are *meant* to repeat.",
    )


def _contamination(place: int, name: str) -> tuple[Evidence, ...]:
    rows = sum(row[1] for row in GROUPS.values())
    copies = sum(row[place] for row in GROUPS.values())
    out = [
        Evidence(
            "contaminated_share",
            copies / rows,
            unit="share",
            n=rows,
            method=f"{copies:,} / {rows:,} held-out rows {name}",
        ),
        Evidence("contaminated_rows", copies, unit="rows", n=rows),
        Evidence("heldout_rows", rows, unit="rows"),
        Evidence("control_rate", 0.0003, unit="share", method="targets permuted within groups"),
    ]
    for label, row in GROUPS.items():
        share = row[place] / row[1]
        out += [
            Evidence("contaminated_rows", row[place], unit="rows", n=row[1], group=label),
            Evidence(
                "contaminated_share",
                share,
                unit="share",
                n=row[1],
                interval=(max(share - 0.03, 0.0), min(share + 0.03, 1.0)),
                method=f"{row[place]:,} / {row[1]:,}",
                group=label,
            ),
            Evidence("control_rate", 0.0003, unit="share", group=label),
        ]
    return tuple(out)


def _shares() -> tuple[Evidence, ...]:
    total = sum(row[1] for row in GROUPS.values())
    loss = sum(row[1] * row[4] for row in GROUPS.values())
    out = []
    for tier in ("easy", "medium", "hard"):
        members = [row for row in GROUPS.values() if row[0] == tier]
        rows = sum(row[1] for row in members)
        part = sum(row[1] * row[4] for row in members)
        group = f"tier {tier}"
        out.append(Evidence("rows_share", rows / total, unit="share", n=rows, group=group))
        out.append(Evidence("loss_share", part / loss, unit="share", n=rows, group=group))
    return tuple(out)


REPORTED = Evidence("reported_metric", 0.181483, unit="log2_mse", n=14040, method="metrics.json")
BALANCED = Evidence("balanced_metric", 0.2588, unit="log2_mse", method="mean over three tiers")
NO_OVERALL = Evidence(
    "decontaminated_metric",
    None,
    unit="log2_mse",
    method="clean rows exist in the easy tier only",
)
WORST = Evidence(
    "worst_group",
    "k=5, m=2",
    unit="group",
    method="0.450569 against 0.096024 in Run 2, the worst of 9 groups relative to the baseline",
)


def rich_report() -> Report:
    """What an audit of the Run 6 export looks like."""
    append = Location(
        NOTEBOOK, cell=6, line=41, text="rows.append(jitter(P, rng))", note="50 times for each row"
    )
    split = Location(
        NOTEBOOK,
        cell=10,
        line=7,
        role=Role.RELATED,
        text="train, val = train_test_split(rows, test_size=0.15)",
        note="originals and copies are divided at random",
    )
    overlap = Finding(
        "LK101",
        Severity.ERROR,
        Confidence.HIGH,
        "rows are duplicated by `rows.append(...)` before `train_test_split` divides them",
        (append, split),
        (
            Evidence("copies_actual", 50, unit="copies", method="literal in `copies` (cell 6)"),
            Evidence("growth_factor", 26.0, unit="times", method="2,808,000 / 108,000"),
        ),
        Remedy(
            "Split the source rows first, then augment the training part only.",
            "rows = augment(rows)\ntrain, val = train_test_split(rows)",
            "train, val = train_test_split(rows)\ntrain = augment(train)",
        ),
        "rows",
        "Copies of one source row stand on both sides of the split. The model is scored on rows "
        "that it has seen.",
    )
    scaler = Finding(
        "LK102",
        Severity.WARNING,
        Confidence.HIGH,
        "`scaler` is fitted on rows that are split later",
        (Location(NOTEBOOK, cell=8, line=3, text="X = scaler.fit_transform(X)"),),
        (Evidence("fitted_rows", 108000, unit="rows", method="all rows of `X`"),),
        Remedy("Fit on the training rows.", "scaler.fit(X)", "scaler.fit(X_train)"),
        "scaler",
        "Means of held-out rows reach the model.",
    )
    per_group = tuple(each for each in _contamination(3, "without n") if each.group is not None)
    masked = Finding(
        "CT202",
        Severity.ERROR,
        Confidence.HIGH,
        "89.6 % of the held-out rows equal a training row once the column n is left out",
        (Location("splits/validation.csv", rows=(0, 3, 17, 19, 24, 31)),),
        (Evidence("masking_columns", ("n",), method="1 of 25 columns tried"), *per_group),
        Remedy("Split by source row, then augment."),
        "train|validation",
        "A column that was jittered hides the copies from a plain search for duplicates.",
    )
    regression = Finding(
        "MT401",
        Severity.WARNING,
        Confidence.HIGH,
        "3 of 9 groups are worse than the baseline Run 2 while the overall figure improved",
        (Location("metrics.json", pointer="/validation/by_group/4,2"),),
        (
            *(
                Evidence(name, value, unit="log2_mse", group=label, method="as reported")
                for label, row in GROUPS.items()
                if row[0] == "easy"
                for name, value in (("group_metric", row[4]), ("baseline_metric", row[5]))
            ),
            Evidence("reported_metric", 0.181483, expected=0.507, unit="log2_mse"),
        ),
        Remedy("Report every group, and weight the groups equally."),
        "validation",
    )
    wrong = Finding(
        "CL501",
        Severity.WARNING,
        Confidence.HIGH,
        "the rows of the table sum to 374,400, not to the stated 421,200",
        (Location("RESULTS.md", line=31, text="| medium | 3 groups | 93,600 | 22.2 % |"),),
        (Evidence("sum_of_rows", 374400, expected=421200, method="5,400 + 93,600 + 275,400"),),
        Remedy("Count all three medium groups."),
        "RESULTS.md|medium",
    )
    measured_groups = tuple(
        Evidence(name, value, unit="log2_mse", n=row[1], group=label)
        for label, row in GROUPS.items()
        for name, value in (("group_metric", row[4]), ("baseline_metric", row[5]))
    )
    clean = tuple(
        Evidence(
            "decontaminated_metric",
            row[4] if row[0] == "easy" else None,
            unit="log2_mse",
            n=row[1] if row[0] == "easy" else 0,
            interval=(row[4] - 0.02, row[4] + 0.02) if row[0] == "easy" else None,
            method="" if row[0] == "easy" else "no clean rows",
            group=label,
        )
        for label, row in GROUPS.items()
    )
    claims = (
        Evidence(
            "claim",
            "medium 93,600 (3 groups)",
            expected="wrong",
            unit="RESULTS.md:31",
            method="3 × 46,800 = 140,400; rows sum to 374,400 of 421,200",
        ),
        Evidence(
            "claim",
            "−328 %",
            expected="consistent",
            unit="RESULTS.md:18",
            method="(0.460 ± .0005)/(0.108 ± .0005) − 1 = 323.5 … 328.4 %",
        ),
    )
    mask = Evidence("masking_columns", ("n",))
    fail, ok = Verdict.FAIL, Verdict.PASS
    runs = (
        run("AU301", "Copies differ from what is said", ok, "50 copies in text and code"),
        run("CL501", "Totals do not add up", fail, wrong.message, (wrong,), claims),
        run("CT201", "Exact duplicates", ok, "0.12 %", measured=_contamination(2, "on all")),
        run(
            "CT202",
            "Duplicates hidden by a column",
            fail,
            masked.message,
            (masked,),
            (mask, *_contamination(3, "without the column n")),
        ),
        run("LK101", "Rows duplicated before the split", fail, overlap.message, (overlap,)),
        run("LK102", "Fitted before the split", fail, scaler.message, (scaler,)),
        run("LK108", "Time order ignored", Verdict.NOT_APPLICABLE, "no column holds times"),
        run(
            "MT401",
            "Groups got worse",
            fail,
            regression.message,
            (regression,),
            (
                *measured_groups,
                WORST,
            ),
        ),
        run("MT402", "Tiers are imbalanced", ok, "as declared", measured=_shares()),
        run("MT403", "Aggregate does not reconcile", ok, "agrees", measured=(REPORTED, BALANCED)),
        run("MT404", "Gap", Verdict.REVIEW, "the history has no evaluated training loss"),
        run("MT405", "Decontaminated metric", ok, "measured", measured=(NO_OVERALL, *clean)),
        run("MT409", "Predictions", Verdict.ERROR, "the check crashed: ValueError: no rows"),
    )
    flow = (
        DataStep(StepKind.LOAD, Location(NOTEBOOK, cell=2, line=3), "pickle.load", "samples"),
        DataStep(
            StepKind.DUPLICATE,
            append,
            "append in a loop",
            "rows",
            detail="one append per copy and one per row",
        ),
        DataStep(
            StepKind.FIT,
            Location(NOTEBOOK, cell=8, line=3),
            "StandardScaler.fit_transform",
            "X",
        ),
        DataStep(StepKind.SPLIT, split, "train_test_split", "train, val"),
        DataStep(StepKind.TRAIN, Location(NOTEBOOK, cell=12, line=1), "model.fit", "model"),
        DataStep(StepKind.EVALUATE, Location(NOTEBOOK, cell=14, line=2), "evaluate", "scores"),
    )
    share = next(each for each in runs[3].measured if each.name == "contaminated_share")
    return Report(
        tool_version="0.1.0",
        export_name="notebook_export",
        export_digest="sha256:" + "0f" * 32,
        recognised=(
            Recognised("experiment.ipynb", "notebook", "16 cells, 11 of code", "*.ipynb"),
            Recognised("splits/validation.csv", "validation split", "14,040 × 25", "file name"),
        ),
        verdict=ExperimentVerdict.INVALID,
        headline=Headline(
            reported_metric=REPORTED,
            decontaminated_metric=NO_OVERALL,
            balanced_metric=BALANCED,
            contaminated_share=share,
            worst_group=WORST,
        ),
        runs=runs,
        flow=flow,
        suppressed=(Suppressed(wrong, "the table is quoted from the original"),),
        tiers=TIERS,
        settings=("read from audit.toml", "fail_on = warning"),
    )


def clean_report() -> Report:
    """Every check passed or does not apply."""
    reported = Evidence("reported_metric", 0.913, unit="accuracy", n=1200)
    honest = Evidence(
        "decontaminated_metric", 0.9124, unit="accuracy", n=1187, interval=(0.896, 0.928)
    )
    none = Evidence("contaminated_share", 0.0, unit="share", n=1200, method="0 / 1,200")
    groups = tuple(
        Evidence("group_metric", value, unit="accuracy", n=600, group=group)
        for group, value in (("north", 0.921), ("south", 0.905))
    )
    before = tuple(
        Evidence("baseline_metric", value, unit="accuracy", n=600, group=group)
        for group, value in (("north", 0.918), ("south", 0.861))
    )
    return Report(
        tool_version="0.1.0",
        export_name="corrected",
        export_digest="sha256:" + "ab" * 32,
        recognised=(Recognised("train.csv", "train split", "4,800 × 12, target y", "file name"),),
        verdict=ExperimentVerdict.VALID,
        headline=Headline(
            reported_metric=reported, decontaminated_metric=honest, contaminated_share=none
        ),
        runs=(
            run("CT201", "Exact duplicates", Verdict.PASS, "0 of 1,200 rows", measured=(none,)),
            run("LK101", "Rows duplicated", Verdict.PASS, "2 splits, no duplication before"),
            run("MT401", "Groups got worse", Verdict.PASS, "2 groups", measured=groups + before),
            run("MT405", "Decontaminated metric", Verdict.PASS, "ok", measured=(honest,)),
            run("MT402", "Tiers", Verdict.NOT_APPLICABLE, "no groups; name them in audit.toml"),
        ),
    )


def inconclusive_report() -> Report:
    """Nothing could be read that says anything about splits or metrics."""
    return Report(
        tool_version="0.1.0",
        export_name="pictures",
        export_digest="sha256:" + "cd" * 32,
        recognised=(),
        verdict=ExperimentVerdict.INCONCLUSIVE,
        headline=Headline(),
        runs=(
            run("CT201", "Exact duplicates", Verdict.NOT_APPLICABLE, "no split arrays were found"),
            run("LK101", "Rows duplicated", Verdict.REVIEW, "the notebook has no code cell"),
            run("MT405", "Decontaminated", Verdict.NOT_APPLICABLE, "no predictions were found"),
        ),
    )


def strange_report(text: Callable[[], str]) -> Report:
    """Every string that can come from an export, or quote one, is `text()`."""
    place = Location(text().replace("..", "").lstrip("/"), cell=1, line=2, text=text(), note=text())
    pointer = Location("metrics.json", pointer=text(), role=Role.RELATED, note=text())
    groups = [f"{index} {text()}" for index in range(3)]
    tiers = {group: f"{index % 2} {text()}" for index, group in enumerate(groups)}
    per_group = [
        Evidence(
            name, 0.25 + 0.1 * index, group=group, unit=unit, method=f"{name} {index} {text()}"
        )
        for name, unit in (
            ("contaminated_share", "share"),
            ("group_metric", "log2_mse"),
            ("baseline_metric", "log2_mse"),
            ("rows_share", "share"),
        )
        for index, group in enumerate(groups)
    ]
    single = Evidence(
        "claim", text(), expected=text(), unit=text(), method=text(), random_state=3, n=4
    )
    findings = tuple(
        Finding(
            "CT202",
            Severity.ERROR,
            Confidence.HIGH,
            text(),
            (place, pointer),
            (single, *per_group),
            Remedy(text(), text(), text()),
            f"subject {index}",
            text(),
        )
        for index in range(5)
    )
    mask = Evidence("masking_columns", (text(), text()))
    share = Evidence("contaminated_share", 0.5, unit="share", n=10, method=text())
    step = DataStep(StepKind.SPLIT, place, text(), text(), detail=text())
    other = Location(place.path, cell=3, line=1)
    return Report(
        tool_version="0.1.0",
        export_name=text(),
        export_digest="sha256:" + "ee" * 32,
        recognised=(Recognised(text(), text(), text(), text()),),
        verdict=ExperimentVerdict.INVALID,
        headline=Headline(
            reported_metric=Evidence("reported_metric", 0.5, unit=text(), method=text()),
            decontaminated_metric=Evidence("decontaminated_metric", None, method=text()),
            balanced_metric=Evidence("balanced_metric", 0.25, unit=text()),
            contaminated_share=share,
            worst_group=Evidence("worst_group", text(), method=text()),
        ),
        runs=(
            run("CL501", "Totals", Verdict.PASS, text(), measured=(single,)),
            run("CT202", "Hidden", Verdict.FAIL, text(), findings, (mask, share, *per_group)),
            run("LK101", "Rows", Verdict.NOT_APPLICABLE, text()),
            run("MT401", "Groups", Verdict.PASS, text(), measured=tuple(per_group)),
            run("MT402", "Tiers", Verdict.REVIEW, text(), measured=tuple(per_group)),
            run("MT405", "Clean", Verdict.ERROR, text()),
        ),
        flow=(step, DataStep(StepKind.TRAIN, other, text(), text())),
        suppressed=(Suppressed(findings[0], text()),),
        tiers=tiers,
        settings=(text(),),
    )
