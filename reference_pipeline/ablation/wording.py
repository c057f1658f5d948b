"""The sentences of the report: their words are chosen by the intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reference_pipeline.ablation.effects import (
    against,
    combinations,
    difference,
    direction,
    has_level,
    mean_of,
    other_factor,
)
from reference_pipeline.ablation.facts import SeedFacts, pooled, pooled_by_tier
from reference_pipeline.ablation.grid import COPIES, Comparison, Study
from reference_pipeline.ablation.store import Result
from reference_pipeline.config import Tier
from reference_pipeline.evaluate import Estimate

TIER_NAMES: tuple[Tier, ...] = ("easy", "medium", "hard")
_ROUNDING = 1e-20  # mean square of what the order of additions does to a height
_SUBJECTS = {
    "augmentation": {
        "noise": "Training on copies with the seed's noise",
        "symmetry": "Training on exact symmetric copies",
    },
    "features": {},
    "weights": {"3/1.5/1": "Weighting the loss 3/1.5/1 (easy/medium/hard)"},
}
_REFERENCES = {
    ("augmentation", "none"): "no augmentation",
    ("weights", "equal"): "equal loss weights",
}


def subject(comparison: Comparison) -> str:
    """The level that is compared, at the beginning of a sentence."""
    default = (
        f"Feature set {comparison.level}"
        if comparison.factor == "features"
        else f"{comparison.factor.capitalize()} {comparison.level}"
    )
    return _SUBJECTS.get(comparison.factor, {}).get(comparison.level, default)


def reference(comparison: Comparison) -> str:
    """What it is compared with."""
    default = (
        f"set {comparison.reference}"
        if comparison.factor == "features"
        else f"{comparison.factor} {comparison.reference}"
    )
    return _REFERENCES.get((comparison.factor, comparison.reference), default)


def score(estimate: Estimate) -> str:
    """A mean with its interval: ``0.231 [0.228, 0.234]``."""
    if estimate.n < 2:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{max(estimate.low, 0):.3f}, {estimate.high:.3f}]"


def change(estimate: Estimate) -> str:
    """A signed difference with its interval: ``-0.012 [-0.015, -0.009]``."""
    if estimate.n < 2:
        return signed(estimate.value)
    return f"{signed(estimate.value)} [{signed(estimate.low)}, {signed(estimate.high)}]"


def signed(value: float) -> str:
    """Three decimals, or as many as it takes to show two digits that are not zero.

    Examples
    --------
    >>> signed(-0.25), signed(0.00034), signed(0.0)
    ('-0.250', '+0.00034', '0')
    """
    if value == 0:
        return "0"
    text = f"{value:+.3f}"
    return text if abs(value) >= 0.01 else f"{value:+.2g}"


def verdict(estimate: Estimate, what: str, other: str) -> str:
    """One sentence about a difference of overall errors.

    Parameters
    ----------
    estimate : Estimate
        Of the difference, negative where `what` has the smaller error.
    what, other : str
        The two that are compared.

    Returns
    -------
    str
    """
    if direction(estimate) == "too few seeds":
        return (
            f"{what}, compared with {other}, changed the overall error by "
            f"{signed(estimate.value)} in the only seed: one seed gives no interval, so "
            "nothing can be concluded."
        )
    if direction(estimate) == "not shown":
        return (
            f"No effect of {_lowered(what)} on the overall error is shown, compared with {other}: "
            f"it changes by {change(estimate)}, and the interval contains zero."
        )
    verb = "lowers" if direction(estimate) == "lower" else "raises"
    return f"{what}, compared with {other}, {verb} the overall error by {_size(estimate)}."


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _size(estimate: Estimate) -> str:
    ends = sorted((abs(estimate.low), abs(estimate.high)))
    plain = [signed(value).lstrip("+") for value in (abs(estimate.value), *ends)]
    return f"{plain[0]} [{plain[1]}, {plain[2]}]"


def tiers(effects: Mapping[Tier, Estimate]) -> str:
    """Where among the tiers an effect is shown, as a clause; empty with too few seeds."""
    clauses = []
    for way, words in (
        ("lower", "lower in"),
        ("higher", "higher in"),
        ("not shown", "no difference shown in"),
    ):
        names = [tier for tier in TIER_NAMES if direction(effects[tier]) == way]
        if names:
            clauses.append(f"{words} {_listed(names)}")
    return f" By tier: {'; '.join(clauses)}." if clauses else ""


def conclusions(study: Study, results: Sequence[Result], facts: Sequence[SeedFacts]) -> list[str]:
    """What the numbers say, one item each.

    Parameters
    ----------
    study : Study
    results : sequence of Result
        All cells of the study.
    facts : sequence of SeedFacts

    Returns
    -------
    list of str
    """
    found = [_best(results)]
    for comparison in study.comparisons():
        effect = difference(results, comparison, "overall")
        by_tier = {tier: difference(results, comparison, tier) for tier in TIER_NAMES}
        found.append(
            verdict(effect, subject(comparison), reference(comparison))
            + tiers(by_tier)
            + _within(study, results, comparison)
        )
    return [*found, *label_sentences(study, facts), *repeat_sentences(study, facts)]


def label_sentences(study: Study, facts: Sequence[SeedFacts]) -> list[str]:
    """What the oracle says about the labels of the copies."""
    found = []
    for method in study.levels["augmentation"]:
        by_tier = pooled_by_tier(facts, method)
        if not by_tier:
            continue
        error = pooled(by_tier.values())
        if error.infinite == 0 and error.squared < _ROUNDING:
            found.append(f"Every one of the {error.copies:,} copies by {method} has a true label.")
            continue
        share = error.infinite / error.copies
        found.append(
            f"The labels of the copies by {method} are wrong: the true height is infinite for "
            f"{100 * share:.1f} % of them, and where it is finite the mean squared label error is "
            f"{error.squared:.3g} in log2."
        )
    return found


def repeat_sentences(study: Study, facts: Sequence[SeedFacts]) -> list[str]:
    """On which feature sets symmetric copies are nothing but weights."""
    if "symmetry" not in study.levels["augmentation"] or not facts:
        return []
    lowest = {name: min(fact.repeats[name] for fact in facts) for name in study.levels["features"]}
    exact = [name for name, share in lowest.items() if share == 1]
    if not exact:
        return []
    weights = "/".join(str(1 + COPIES[tier]) for tier in TIER_NAMES)
    return [
        f"On feature {'set' if len(exact) == 1 else 'sets'} {_listed(exact)} every symmetric copy "
        "has exactly the features of its original:"
        f" there the copies add no information, they are loss weights {weights} "
        "(easy/medium/hard) under another name."
    ]


def _best(results: Sequence[Result]) -> str:
    by_levels = combinations(results)
    means = {levels: mean_of(own, "overall") for levels, own in by_levels.items()}
    best = min(means, key=lambda levels: means[levels].value)
    text = (
        f"The lowest overall error on fresh originals is {score(means[best])}, with augmentation "
        f"{best[0]}, feature set {best[1]} and loss weights {best[2]}"
    )
    if means[best].n < 2:
        return f"{text}; with one seed the order of the cells proves nothing."
    ties = sum(
        direction(against(own, by_levels[best], "overall")) == "not shown"
        for levels, own in by_levels.items()
        if levels != best
    )
    if len(by_levels) == 1:
        return f"{text}, the only cell."
    if ties == 0:
        return f"{text}; every other cell is worse (paired interval above zero)."
    cells = "one other cell" if ties == 1 else f"{ties} other cells"
    return f"{text}; {cells} cannot be told apart from it."


def _within(study: Study, results: Sequence[Result], comparison: Comparison) -> str:
    """How the effect differs between the levels of the other factor, as a clause."""
    factor = other_factor(comparison)
    names = study.levels[factor]
    if len(names) < 2:
        return ""
    effects = {
        name: difference(results, comparison, "overall", has_level(factor, name)) for name in names
    }
    name_of = "feature set" if factor == "features" else factor
    clauses = []
    for way, words in (
        ("lower", "lower with"),
        ("higher", "higher with"),
        ("not shown", "no difference shown with"),
    ):
        chosen = [name for name in names if direction(effects[name]) == way]
        if chosen:
            clauses.append(f"{words} {_listed(chosen)}")
    return f" By {name_of}: {'; '.join(clauses)}." if clauses else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
