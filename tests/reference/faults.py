"""What can go wrong in the files of Run 7, and which checks must see it.

A new check adds its faults here. What no check sees yet stands below the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.model.severity import Severity
from tests.reference import record_faults as records
from tests.reference import row_faults as rows
from tests.reference.row_faults import Apply, Known

__all__ = ["FAULTS", "Known", "ReferenceFault"]


@dataclass(frozen=True)
class ReferenceFault:
    """One fault in the files of an export.

    Parameters
    ----------
    name : str
        What was done, as a clause.
    expects : mapping of str to Severity
        Checks that must find it, and the severity that one of their findings must reach.
    apply : callable
        Spoils the export in a folder as a careless hand would; returns the numbers that the
        evidence must show.
    allows : mapping of str to str
        Checks that may also raise an alarm, and why that is right.
    """

    name: str
    expects: Mapping[str, Severity]
    apply: Apply
    allows: Mapping[str, str] = field(default_factory=dict)


def error(*ids: str) -> dict[str, Severity]:
    return dict.fromkeys(ids, Severity.ERROR)


def warning(*ids: str) -> dict[str, Severity]:
    return dict.fromkeys(ids, Severity.WARNING)


def note(*ids: str) -> dict[str, Severity]:
    return dict.fromkeys(ids, Severity.NOTE)


FAULTS: tuple[ReferenceFault, ...] = (
    # contamination
    ReferenceFault(
        "training samples stand among the validation samples",
        error("CT201"),
        rows.repeat_in("val"),
    ),
    ReferenceFault(
        "training samples stand among the test samples",
        warning("CT201"),
        rows.repeat_in("test"),
        allows={"MT406": "the criteria are judged on these samples"},
    ),
    ReferenceFault(
        "training samples stand among the validation samples, behind a jittered n",
        error("CT202"),
        rows.repeat_with_jitter,
    ),
    ReferenceFault(
        "a whole tier of the validation samples was trained on",
        {**error("CT201"), **warning("MT405")},
        rows.repeat_a_tier,
    ),
    # augmentation
    ReferenceFault(
        "a group of the validation samples is augmented", warning("AU302"), rows.augment_validation
    ),
    ReferenceFault(
        "validation samples are replaced by copies", warning("AU302"), rows.validate_on_copies
    ),
    ReferenceFault("a group has a copy more than is said", warning("AU302"), rows.copy_once_more),
    ReferenceFault(
        "the text promises more copies than were made", warning("AU301"), records.state_more_copies
    ),
    ReferenceFault("the training rows are undercounted", warning("AU302"), records.undercount_rows),
    ReferenceFault("the copies are undercounted", warning("AU302"), records.undercount_copies),
    ReferenceFault(
        "the recorded log undercounts the augmentation", warning("AU302"), records.undercount_in_log
    ),
    ReferenceFault("the growth is understated", warning("AU302"), records.understate_growth),
    ReferenceFault(
        "the noise on copies is larger than said",
        warning("AU303", "AU305"),
        rows.noisy_copies(0.5, "Copies got 2 % noise."),
    ),
    ReferenceFault(
        "copies are clipped to [0, 1]",
        warning("AU303", "AU304", "AU305"),
        rows.noisy_copies(0.02, "Copies got 2 % noise and were clipped to [0, 1].", clip=True),
    ),
    ReferenceFault(
        "a fifth of the copies have the label of another", warning("AU305"), rows.label_copies_wrong
    ),
    ReferenceFault(
        "half of the labels of a validation group are wrong",
        error("AU305"),
        rows.label_held_out_wrong,
    ),
    # metrics
    ReferenceFault(
        "metrics.json states a better overall value",
        warning("MT403"),
        records.inflate_overall,
        allows={"CL504": "RESULTS.md still has the right value"},
    ),
    ReferenceFault("two tiers are swapped in metrics.json", warning("MT403"), records.swap_tiers),
    ReferenceFault(
        "two groups are swapped in metrics.json", warning("MT403", "CL504"), records.swap_groups
    ),
    ReferenceFault(
        "a group is worse than before behind a better average",
        warning("MT401"),
        records.worsen_a_group,
    ),
    ReferenceFault(
        "the training error is deflated",
        note("MT404"),
        records.deflate_training,
        allows={"CL504": "RESULTS.md still has the right value"},
    ),
    ReferenceFault(
        "many more epochs were planned than were trained",
        warning("MT408"),
        records.plan_more_epochs,
    ),
    ReferenceFault(
        "another epoch than the best is reported", warning("MT408"), records.keep_another_epoch
    ),
    ReferenceFault("predictions are NaN", warning("MT409"), rows.predict_nothing),
    ReferenceFault("predictions are out of range", warning("MT409"), rows.predict_negative),
    ReferenceFault(
        "all predictions are the same", warning("MT409", "MT403"), rows.predict_a_constant
    ),
    ReferenceFault(
        "predictions are logarithms", {**warning("MT403"), **note("MT409")}, rows.predict_log2
    ),
    ReferenceFault(
        "predictions are those of the row before",
        {**warning("MT403"), **note("MT409")},
        rows.predict_in_another_order,
    ),
    ReferenceFault(
        "a criterion is called met that is missed", warning("MT406"), records.claim_a_criterion
    ),
    # claims
    ReferenceFault("the headline is inflated", warning("CL504"), records.inflate_headline),
    ReferenceFault(
        "the validation value of RESULTS.md is inflated",
        warning("CL502"),
        records.inflate_validation,
    ),
    ReferenceFault(
        "two tiers are swapped in RESULTS.md", warning("CL504"), records.swap_tiers_on_page
    ),
    ReferenceFault(
        "a tier is stated with two thirds of its samples", warning("CL501"), records.miscount_a_tier
    ),
    ReferenceFault("a total does not add up", warning("CL501"), records.miss_the_total),
    ReferenceFault("a percentage is wrong", warning("CL502"), records.state_a_wrong_change),
    ReferenceFault(
        "RESULTS.md names another batch size", warning("CL503"), records.state_another_setting
    ),
    # hygiene
    ReferenceFault("the split is not seeded", note("HY602"), records.seed_nothing),
    ReferenceFault("a cell was executed out of order", note("HY603"), records.execute_again),
    ReferenceFault(
        "an ignore comment has no reason", warning("HY604"), records.ignore_without_reason
    ),
    # files
    ReferenceFault("metrics.json is truncated", warning("LD901"), records.truncate_metrics),
    ReferenceFault("a pickle is hostile", warning("LD902"), records.save_a_hostile_pickle),
    ReferenceFault("the test split lost a column", warning("LD903"), records.lose_a_column),
    ReferenceFault(
        "an older training split lies beside the current one",
        warning("LD904"),
        records.leave_an_older_split,
    ),
    ReferenceFault("a cell does not parse", note("LD905"), records.break_a_cell),
)

# Not in the table, because no shipped check covers them yet; each is a fault for the issue that
# brings its check:
# - the split ignores entities: one P under several m on both sides, or a validation sample that is
#   a training sample with rows and columns permuted (entity leakage);
# - a transformer fitted on training and held-out rows that are put together again after the split;
# - the test set chooses the epoch or the member;
# - predictions of fewer rows than the split has;
# - counts in metrics.json that are not those of the splits, where LK106 is not concerned.
