"""Pictures of a report: at most three, each answers the question in its title.

Text that came from the export is drawn as outlines with mathematics switched off, so nothing in
a picture is markup. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.model.evidence import Evidence
from audit.model.report import Report
from audit.render.escape import plain
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
    tier_order,
    worse,
)
from audit.render.wording import count, decimals, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS = 40

# Okabe & Ito (2008), distinguishable with any colour vision; yellow is left out on white.
_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
_SINGLE = _PALETTE[0]
_INK = "#1f2328"
_FAINT = "#59636e"
_GRID = "#d8dee4"
_WIDTH = 7.3  # inches at 96 px: 700 px, the width of a page on GitHub
_ROW = 0.42
_TIER_ROW = 0.34


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
        metric = _cut(metric_name(report), 24)
        title = f"Which {_noun(bars)} decide the overall {metric}?"
        out["composition"] = (title, _composition_alt(bars))
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

    draw = {"contamination": _contamination, "baseline": _baseline, "composition": _composition}
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # A reader's own style must not change the picture; glyphs as outlines and a fixed salt
        # give the same bytes for the same report.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "audit"})
        return {
            name: Figure(draw[name](report, _cut(title, 76)), alt, title)
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
    canvas = _Canvas(report, bars, title, keys)
    top = max(0.01, *(_end(each) for bar in canvas.bars for each in (bar.first, bar.second)))
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
            axes.plot([bar.control] * 2, [y - 0.44, y + 0.44], color=_INK, lw=1.6, zorder=4)
    return canvas.svg()


def _first(bar: Bar) -> Evidence | None:
    return bar.first


def _second(bar: Bar) -> Evidence | None:
    return bar.second


def _baseline(report: Report, title: str) -> str:
    """Baseline and experiment on one line a group, on a scale that starts at zero."""
    greater = greater_is_better(report)
    direction = {True: ", greater is better", False: ", smaller is better", None: ""}[greater]
    experiment = f"this experiment ({_cut(metric_name(report), 24)}{direction})"
    keys = [("open", "baseline"), ("dot", experiment)]
    canvas = _Canvas(report, baseline_bars(report), title, keys)
    values = [amount(each) for bar in canvas.bars for each in (bar.first, bar.second)]
    low = min(0.0, *values)
    high = max(_end(each) for bar in canvas.bars for each in (bar.first, bar.second))
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
        axes.plot(before, y, "o", ms=7.5, mfc="white", mec=_INK, mew=1.4, zorder=4)
        axes.plot(after, y, "o", ms=8.5, mfc=color, mec="white", mew=0.8, zorder=5)
        note = f"{before:,.{places}f} → {after:,.{places}f}"
        ratio = growth(report, bar)
        if ratio is not None and before != after:
            note += f" (× {number(ratio, 2)})" if ratio > 1 else f" (÷ {number(1 / ratio, 2)})"
        if bar.label in bad:
            note += "  worse"
        end = max(_end(bar.first), _end(bar.second))
        weight = "bold" if bar.label in bad else "normal"
        canvas.text(end + 0.025 * span, y, note, weight=weight)
    return canvas.svg()


def _bounds(evidence: Evidence | None) -> tuple[float, float] | None:
    """The interval of a number that is drawn, where it has a finite one."""
    if evidence is None or evidence.interval is None or not is_number(evidence):
        return None
    return evidence.interval if all(map(math.isfinite, evidence.interval)) else None


def _end(evidence: Evidence | None) -> float:
    """Right end of a mark that starts at zero, its interval included."""
    if not is_number(evidence):
        return 0.0
    bounds = _bounds(evidence)
    return max(0.0, amount(evidence), bounds[1] if bounds else 0.0)


def _cut(text: str, limit: int) -> str:
    text = plain(text, limit * 4)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _key_width(words: str) -> float:
    return 0.07 + 0.0098 * len(words)


def _in_lines(keys: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break the keys into lines that fit the width of the picture."""
    lines: list[list[tuple[str, str]]] = [[]]
    for mark, words in keys:
        item = (mark, _cut(words, 80))
        if lines[-1] and sum(_key_width(each[1]) for each in [*lines[-1], item]) > 1.0:
            lines.append([])
        lines[-1].append(item)
    return lines


class _Canvas:
    """A panel with one row a group, a heading a tier, a title and a line of keys."""

    def __init__(
        self, report: Report, bars: Sequence[Bar], title: str, keys: Sequence[tuple[str, str]]
    ) -> None:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Panel

        tiers = tier_order(report)
        self.colors: Mapping[str, str] = {
            tier: _PALETTE[index] if index < len(_PALETTE) else _FAINT
            for index, tier in enumerate(tiers)
        }
        self.bars = list(bars[:MAX_BARS])
        self.hidden = len(bars) - len(self.bars)
        headings = any(bar.tier and bar.label != bar.tier for bar in self.bars)
        self.rows: list[tuple[float, Bar | str]] = []
        y = 0.0
        previous = None
        for bar in self.bars:
            if headings and bar.tier != previous:
                previous = bar.tier
                y += _TIER_ROW / _ROW
                self.rows.append((y - 0.28, bar.tier or "other"))
            y += 1.0
            self.rows.append((y - 0.5 + 0.15, bar))
        self.extent = y + 0.25
        lines = _in_lines(keys)
        head, foot = 0.52 + 0.26 * len(lines), 0.36 + (0.2 if self.hidden else 0)
        height = head + foot + self.extent * _ROW
        self.panel = Panel(figsize=(_WIDTH, height), facecolor="white")
        FigureCanvasSVG(self.panel)
        self.height = height
        widest = max((len(_cut(bar.label, 28)) for bar in self.bars), default=0)
        left = min(0.34, max(0.14, 0.03 + 0.0118 * widest))
        self.axes: Axes = self.panel.add_axes(
            (left, foot / height, 0.97 - left, self.extent * _ROW / height)
        )
        self.axes.set_ylim(self.extent, 0)
        self.axes.set_facecolor("white")
        self.axes.tick_params(length=0, colors=_FAINT, labelsize=9)
        self.axes.set_yticks([])
        for side, spine in self.axes.spines.items():
            spine.set_visible(side == "left")
            spine.set_color(_FAINT)
        self._label(0.02, 1 - 0.26 / height, title, size=12, weight="bold")
        for place, item in self.rows:
            if isinstance(item, str):
                self._beside(place, item, weight="bold")
            else:
                self._beside(place, item.label)
        for index, line in enumerate(lines):
            self._keys(line, 1 - (0.56 + 0.26 * index) / height)
        if self.hidden:
            note = f"{count(self.hidden, 'more group')} not drawn"
            self._label(0.02, 0.14 / height, note, size=9, color=_FAINT)

    def places(self) -> list[tuple[Bar, float]]:
        """Each bar with its vertical centre."""
        return [(item, place) for place, item in self.rows if isinstance(item, Bar)]

    def color(self, bar: Bar) -> str:
        """Colour of the bar's tier; one hue for all where tiers are not known."""
        return self.colors.get(bar.tier, _FAINT if self.colors else _SINGLE)

    def scale(self, ticks: Sequence[float], labels: Sequence[str]) -> None:
        """Put labelled vertical lines behind the bars."""
        self.axes.set_xticks(list(ticks), labels=list(labels), parse_math=False)
        for tick in ticks:
            self.axes.axvline(tick, color=_GRID if tick else _FAINT, lw=0.8, zorder=0)

    def bar(
        self,
        evidence: Evidence | None,
        y: float,
        color: str,
        *,
        filled: bool,
        height: float,
        clear: float,
    ) -> None:
        """Draw a bar from zero with its value at the end, right of `clear`, and its interval."""
        length = amount(evidence)
        self.axes.barh(
            y,
            length,
            height=height,
            color=color if filled else "white",
            edgecolor=color,
            linewidth=1.3,
            zorder=3,
        )
        self.interval(evidence, y)
        low, high = self.axes.get_xlim()
        self.text(
            max(_end(evidence), clear) + 0.012 * (high - low),
            y,
            percent(length),
            weight="bold" if filled else "normal",
            size=9,
        )

    def interval(self, evidence: Evidence | None, y: float) -> None:
        """Draw the interval of a measurement, where it has one."""
        bounds = _bounds(evidence)
        if bounds is None:
            return
        low, high = bounds
        self.axes.plot([low, high], [y, y], color=_INK, lw=1.2, zorder=6)
        for end in (low, high):
            self.axes.plot([end, end], [y - 0.11, y + 0.11], color=_INK, lw=1.2, zorder=6)

    def text(self, x: float, y: float, words: str, *, weight: str, size: float = 9) -> None:
        """Write beside a mark, in the coordinates of the data."""
        self.axes.text(
            x,
            y,
            _cut(words, 80),
            va="center",
            ha="left",
            fontsize=size,
            color=_INK,
            fontweight=weight,
            parse_math=False,
            zorder=7,
        )

    def _keys(self, items: Sequence[tuple[str, str]], y: float) -> None:
        """Explain the marks in a line below the title."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        x = 0.02
        color = _FAINT if self.colors else _SINGLE
        tall = 0.13 / self.height
        for mark, words in items:
            if mark in ("filled", "outlined"):
                self.panel.add_artist(
                    Rectangle(
                        (x, y - tall / 2),
                        0.028,
                        tall,
                        facecolor=color if mark == "filled" else "white",
                        edgecolor=color,
                        linewidth=1.3,
                    )
                )
            elif mark == "line":
                self.panel.add_artist(
                    Line2D([x + 0.014] * 2, [y - tall * 0.7, y + tall * 0.7], color=_INK, lw=1.6)
                )
            else:
                style: dict[str, Any] = (
                    {"mfc": "white", "mec": _INK, "mew": 1.4}
                    if mark == "open"
                    else {"mfc": color, "mec": "white", "mew": 0.8}
                )
                self.panel.add_artist(Line2D([x + 0.014], [y], marker="o", ms=8, lw=0, **style))
            self._label(x + 0.038, y, words, size=9)
            x += _key_width(words)

    def svg(self) -> str:
        """The picture as text."""
        buffer = io.StringIO()
        self.panel.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=96)
        return buffer.getvalue()

    def _beside(self, y: float, words: str, weight: str = "normal") -> None:
        self.axes.annotate(
            _cut(words, 28),
            (0, y),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0),
            textcoords="offset points",
            va="center",
            ha="right",
            fontsize=9.5,
            fontweight=weight,
            color=_INK,
            annotation_clip=False,
            parse_math=False,
        )

    def _label(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        weight: str = "normal",
        color: str = _INK,
    ) -> None:
        self.panel.text(
            x,
            y,
            words,
            fontsize=size,
            fontweight=weight,
            color=color,
            va="center",
            ha="left",
            parse_math=False,
        )
