"""Pictures of a report: each answers the question in its title.

Text that came from the export is drawn as outlines with mathematics switched off, so nothing in
a picture is markup. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.evidence import Evidence
from audit.model.report import Report
from audit.render.canvas import INK, Canvas, cut, right_end
from audit.render.figure_augmentation import augmentation_caption, draw_augmentation
from audit.render.figure_history import draw_history, history_caption
from audit.render.figure_predictions import draw_predictions, predictions_caption
from audit.render.summary import (
    Bar,
    amount,
    baseline_bars,
    composition_bars,
    contamination_bars,
    greater_is_better,
    growth,
    is_number,
    join,
    masking_columns,
    metric_name,
    worse,
)
from audit.render.wording import count, decimals, number, percent


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn picture.

    Parameters
    ----------
    svg : str
        The picture, deterministic for the same report.
    alt : str
        The finding in words and numbers, raw text.
    title : str
        The question that the picture answers, raw text.
    """

    svg: str
    alt: str
    title: str


def captions(report: Report) -> dict[str, tuple[str, str]]:
    """Title and alternative text of every figure for which there is evidence, by name.

    Parameters
    ----------
    report : Report
        What to describe.

    Returns
    -------
    dict of str to (str, str)
        Raw text that still has to be escaped.
    """
    out = {}
    if bars := contamination_bars(report):
        title = "How many held-out rows have a copy in the training set?"
        out["contamination"] = (title, _contamination_alt(report, bars))
    if bars := baseline_bars(report):
        title = "Which groups are worse than the baseline?"
        out["baseline"] = (title, _baseline_alt(report, bars))
    if bars := composition_bars(report):
        metric = cut(metric_name(report), 24)
        title = f"Which {_noun(bars)} decide the overall {metric}?"
        out["composition"] = (title, _composition_alt(bars))
    for name, caption in (
        ("history", history_caption(report)),
        ("predictions", predictions_caption(report)),
        ("augmentation", augmentation_caption(report)),
    ):
        if caption is not None:
            out[name] = caption
    findings = report.judged
    if "augmentation" in out and findings and findings[0].check_id.startswith("AU"):
        out = {"augmentation": out["augmentation"], **out}  # it shows what the answer speaks of
    return out


def figures(report: Report) -> dict[str, Figure]:
    """Draw every figure for which there is evidence.

    Parameters
    ----------
    report : Report
        What to draw.

    Returns
    -------
    dict of str to Figure
        By name; the names are stable and safe as file names.
    """
    texts = captions(report)
    if not texts:
        return {}
    import matplotlib

    draw = {
        "contamination": _contamination,
        "baseline": _baseline,
        "composition": _composition,
        "history": draw_history,
        "predictions": draw_predictions,
        "augmentation": draw_augmentation,
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # A reader's own style must not change the picture; glyphs as outlines and a fixed salt
        # give the same bytes for the same report.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "audit"})
        return {
            name: Figure(draw[name](report, cut(title, 76)), alt, title)
            for name, (title, alt) in texts.items()
        }


# --- words ------------------------------------------------------------------------------------


def _contamination_alt(report: Report, bars: Sequence[Bar]) -> str:
    masked = [bar for bar in bars if is_number(bar.second)]
    shown = [
        (bar, amount(bar.second if masked else bar.first)) for bar in bars if _has(bar, masked)
    ]
    high = max(shown, key=lambda each: each[1])
    low = min(shown, key=lambda each: each[1])
    columns = masking_columns(report)
    how = f" when {join(columns)} is left out" if masked and columns else ""
    text = f"Share of held-out rows with a copy in train{how}: "
    if low[1] == high[1]:
        text += f"{percent(low[1])} in every group"
    else:
        text += f"from {percent(low[1])} in {low[0].label} to {percent(high[1])} in {high[0].label}"
    exact = [amount(bar.first) for bar in bars if is_number(bar.first)]
    if masked and exact:
        text += f"; on all columns at most {percent(max(exact))}"
    controls = [bar.control for bar in bars if bar.control is not None]
    if controls:
        text += f"; expected by chance at most {percent(max(controls))}"
    return text + "."


def _has(bar: Bar, masked: Sequence[Bar]) -> bool:
    return is_number(bar.second if masked else bar.first)


def _baseline_alt(report: Report, bars: Sequence[Bar]) -> str:
    bad = worse(report, bars)
    shown = bad or list(bars)
    parts = [
        f"{bar.label} {number(amount(bar.first))} to {number(amount(bar.second))}"
        for bar in shown[:5]
    ]
    found = f"{len(bad)} of {count(len(bars), 'group')}" if bad else f"None of {len(bars)} groups"
    more = " …" if len(shown) > 5 else ""
    return f"{found} found worse than the baseline: {'; '.join(parts)}{more}."


def _composition_alt(bars: Sequence[Bar]) -> str:
    parts = []
    for bar in bars[:6]:
        shares = []
        if is_number(bar.first):
            shares.append(f"{percent(amount(bar.first))} of the rows")
        if is_number(bar.second):
            shares.append(f"{percent(amount(bar.second))} of the loss")
        parts.append(f"{bar.label}: {' and '.join(shares)}")
    return "; ".join(parts) + (" …" if len(bars) > 6 else "") + "."


def _noun(bars: Sequence[Bar]) -> str:
    return "tiers" if all(bar.label == bar.tier for bar in bars) else "groups"


# --- pictures ---------------------------------------------------------------------------------


def _contamination(report: Report, title: str) -> str:
    columns = masking_columns(report)
    without = (
        f"without the column {join(columns)}"
        if len(columns) == 1
        else (f"without the columns {join(columns)}" if columns else "with columns left out")
    )
    return _paired(
        report,
        contamination_bars(report),
        title,
        first="all columns equal",
        second=f"equal {without}",
        with_control=True,
    )


def _composition(report: Report, title: str) -> str:
    return _paired(
        report,
        composition_bars(report),
        title,
        first="share of held-out rows",
        second="share of the overall loss",
        with_control=False,
    )


def _paired(
    report: Report,
    bars: Sequence[Bar],
    title: str,
    *,
    first: str,
    second: str,
    with_control: bool,
) -> str:
    """Two horizontal bars a group, on one scale of shares that starts at zero."""
    controls = [bar.control for bar in bars if bar.control is not None] if with_control else []
    marks = [
        (words, pick)
        for words, pick in ((second, _second), (first, _first))
        if any(is_number(pick(bar)) for bar in bars)
    ]
    both = len(marks) == 2
    keys = [("outlined" if place else "filled", words) for place, (words, _) in enumerate(marks)]
    if controls:
        keys.append(("line", f"expected by chance (at most {percent(max(controls))})"))
    canvas = Canvas(report, bars, title, keys)
    top = max(0.01, *(right_end(each) for bar in canvas.bars for each in (bar.first, bar.second)))
    limit = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if step >= top), top)
    axes = canvas.axes
    axes.set_xlim(0, limit * 1.16)
    ticks = [limit * step / 5 for step in range(6)]
    canvas.scale(ticks, [percent(round(tick, 4)) for tick in ticks])
    for bar, y in canvas.places():
        color = canvas.color(bar)
        for place, (_, pick) in enumerate(marks):
            evidence = pick(bar)
            if is_number(evidence):
                center = y + (0.4 * place - 0.2 if both else 0)
                clear = bar.control or 0.0 if with_control else 0.0
                height = 0.34 if both else 0.5
                canvas.bar(evidence, center, color, filled=not place, height=height, clear=clear)
        if with_control and bar.control is not None:
            axes.plot([bar.control] * 2, [y - 0.44, y + 0.44], color=INK, lw=1.6, zorder=4)
    return canvas.svg()


def _first(bar: Bar) -> Evidence | None:
    return bar.first


def _second(bar: Bar) -> Evidence | None:
    return bar.second


def _baseline(report: Report, title: str) -> str:
    """Baseline and experiment on one line a group, on a scale that starts at zero."""
    greater = greater_is_better(report)
    direction = {True: ", greater is better", False: ", smaller is better", None: ""}[greater]
    experiment = f"this experiment ({cut(metric_name(report), 24)}{direction})"
    keys = [("open", "baseline"), ("dot", experiment)]
    canvas = Canvas(report, baseline_bars(report), title, keys)
    values = [amount(each) for bar in canvas.bars for each in (bar.first, bar.second)]
    low = min(0.0, *values)
    high = max(right_end(each) for bar in canvas.bars for each in (bar.first, bar.second))
    span = (high - low) or 1.0
    axes = canvas.axes
    axes.set_xlim(low - (0.02 * span if low < 0 else 0), high + 0.62 * span)
    ticks = [float(tick) for tick in axes.get_xticks() if low <= tick <= high + 0.001 * span]
    canvas.scale(ticks, [number(tick) for tick in ticks])
    bad = {bar.label for bar in worse(report, canvas.bars)}
    places = decimals(values)
    for bar, y in canvas.places():
        color = canvas.color(bar)
        before, after = amount(bar.first), amount(bar.second)
        for evidence in (bar.first, bar.second):
            canvas.interval(evidence, y)
        axes.plot([before, after], [y, y], color=color, lw=3, solid_capstyle="butt", zorder=2)
        axes.plot(before, y, "o", ms=7.5, mfc="white", mec=INK, mew=1.4, zorder=4)
        axes.plot(after, y, "o", ms=8.5, mfc=color, mec="white", mew=0.8, zorder=5)
        note = f"{before:,.{places}f} → {after:,.{places}f}"
        ratio = growth(report, bar)
        if ratio is not None and before != after:
            note += f" (× {number(ratio, 2)})" if ratio > 1 else f" (÷ {number(1 / ratio, 2)})"
        if bar.label in bad:
            note += "  worse"
        end = max(right_end(bar.first), right_end(bar.second))
        weight = "bold" if bar.label in bad else "normal"
        canvas.text(end + 0.04 * span, y, note, weight=weight)
    return canvas.svg()
