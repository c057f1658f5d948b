"""A panel with one row a group, on which the pictures of a report are drawn.

Text is drawn with mathematics switched off. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.model.evidence import Evidence
from audit.model.report import Report
from audit.render.escape import plain
from audit.render.summary import Bar, amount, is_number, tier_order
from audit.render.wording import count, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS = 40

# Okabe & Ito (2008), distinguishable with any colour vision; yellow is left out on white.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
_SINGLE = PALETTE[0]
INK = "#1f2328"
FAINT = "#59636e"
GRID = "#d8dee4"
WIDTH = 7.3  # inches at 96 px: 700 px, the width of a page on GitHub
_ROW = 0.42
_TIER_ROW = 0.34


class Canvas:
    """A panel with one row a group, a heading a tier, a title and a line of keys."""

    def __init__(
        self, report: Report, bars: Sequence[Bar], title: str, keys: Sequence[tuple[str, str]]
    ) -> None:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Panel

        tiers = tier_order(report)
        self.colors: Mapping[str, str] = {
            tier: PALETTE[index] if index < len(PALETTE) else FAINT
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
        self.panel = Panel(figsize=(WIDTH, height), facecolor="white")
        FigureCanvasSVG(self.panel)
        self.height = height
        names = [item if isinstance(item, str) else item.label for _, item in self.rows]
        widest = max((len(line) for name in names for line in in_lines(name)), default=0)
        left = min(0.34, max(0.14, 0.03 + 0.0118 * widest))
        self.axes: Axes = self.panel.add_axes(
            (left, foot / height, 0.97 - left, self.extent * _ROW / height)
        )
        self.axes.set_ylim(self.extent, 0)
        self.axes.set_facecolor("white")
        self.axes.tick_params(length=0, colors=FAINT, labelsize=9)
        self.axes.set_yticks([])
        for side, spine in self.axes.spines.items():
            spine.set_visible(side == "left")
            spine.set_color(FAINT)
        self._write(title, lines)

    def _write(self, title: str, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Write the title, the labels of the rows, the keys and what is not drawn."""
        height = self.height
        write_label(self.panel, 0.02, 1 - 0.26 / height, title, size=12, weight="bold")
        for place, item in self.rows:
            if isinstance(item, str):
                self._beside(place, item, weight="bold")
            else:
                self._beside(place, item.label)
        for index, line in enumerate(lines):
            self._keys(line, 1 - (0.56 + 0.26 * index) / height)
        if self.hidden:
            note = f"{count(self.hidden, 'more group')} not drawn"
            write_label(self.panel, 0.02, 0.14 / height, note, size=9, color=FAINT)

    def places(self) -> list[tuple[Bar, float]]:
        """Each bar with its vertical centre."""
        return [(item, place) for place, item in self.rows if isinstance(item, Bar)]

    def color(self, bar: Bar) -> str:
        """Colour of the bar's tier; one hue for all where tiers are not known."""
        return self.colors.get(bar.tier, FAINT if self.colors else _SINGLE)

    def scale(self, ticks: Sequence[float], labels: Sequence[str]) -> None:
        """Put labelled vertical lines behind the bars."""
        self.axes.set_xticks(list(ticks), labels=list(labels), parse_math=False)
        for tick in ticks:
            self.axes.axvline(tick, color=GRID if tick else FAINT, lw=0.8, zorder=0)

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
            max(right_end(evidence), clear) + 0.012 * (high - low),
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
        self.axes.plot([low, high], [y, y], color=INK, lw=1.2, zorder=6)
        for end in (low, high):
            self.axes.plot([end, end], [y - 0.11, y + 0.11], color=INK, lw=1.2, zorder=6)

    def text(self, x: float, y: float, words: str, *, weight: str, size: float = 9) -> None:
        """Write beside a mark, in the coordinates of the data."""
        self.axes.text(
            x,
            y,
            cut(words, 80),
            va="center",
            ha="left",
            fontsize=size,
            color=INK,
            fontweight=weight,
            parse_math=False,
            zorder=7,
        )

    def _keys(self, items: Sequence[tuple[str, str]], y: float) -> None:
        """Explain the marks in a line below the title."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        x = 0.02
        color = FAINT if self.colors else _SINGLE
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
                    Line2D([x + 0.014] * 2, [y - tall * 0.7, y + tall * 0.7], color=INK, lw=1.6)
                )
            else:
                style: dict[str, Any] = (
                    {"mfc": "white", "mec": INK, "mew": 1.4}
                    if mark == "open"
                    else {"mfc": color, "mec": "white", "mew": 0.8}
                )
                self.panel.add_artist(Line2D([x + 0.014], [y], marker="o", ms=8, lw=0, **style))
            write_label(self.panel, x + 0.038, y, words, size=9)
            x += _key_width(words)

    def svg(self) -> str:
        """The picture as text."""
        buffer = io.StringIO()
        self.panel.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=96)
        return buffer.getvalue()

    def _beside(self, y: float, words: str, weight: str = "normal") -> None:
        self.axes.annotate(
            "\n".join(in_lines(words)),
            (0, y),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0),
            textcoords="offset points",
            va="center",
            ha="right",
            fontsize=9.5,
            linespacing=1.05,
            fontweight=weight,
            color=INK,
            annotation_clip=False,
            parse_math=False,
        )


def write_label(
    picture: Any,
    x: float,
    y: float,
    words: str,
    *,
    size: float,
    weight: str = "normal",
    color: str = INK,
) -> None:
    """Write words, which may be untrusted, into a picture: left-aligned, no mathematics."""
    picture.text(
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


def _bounds(evidence: Evidence | None) -> tuple[float, float] | None:
    """The interval of a number that is drawn, where it has a finite one."""
    if evidence is None or evidence.interval is None or not is_number(evidence):
        return None
    return evidence.interval if all(map(math.isfinite, evidence.interval)) else None


def right_end(evidence: Evidence | None) -> float:
    """Right end of a mark that starts at zero, its interval included."""
    if not is_number(evidence):
        return 0.0
    bounds = _bounds(evidence)
    return max(0.0, amount(evidence), bounds[1] if bounds else 0.0)


def cut(text: str, limit: int) -> str:
    """Text without control characters, at most `limit` characters."""
    text = plain(text, limit * 4)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def in_lines(text: str, width: int = 28) -> list[str]:
    """A name in two lines at most, broken between words, each at most `width` characters.

    Examples
    --------
    >>> in_lines("north"), in_lines("the_coastal_lowlands_of_the_west", 20)
    (['north'], ['the_coastal_', 'lowlands_of_the_west'])
    """
    text = cut(text, 4 * width)
    if len(text) <= width:
        return [text]
    breaks = [i + 1 for i, mark in enumerate(text) if mark in " _-/"]
    fitting = [at for at in breaks if len(text[:at].rstrip()) <= width]
    whole = [at for at in fitting if len(text) - at <= width]
    at = min(whole, key=lambda at: abs(2 * at - len(text)), default=(fitting or [width])[-1])
    return [text[:at].rstrip(), cut(text[at:].lstrip(), width)]


def _key_width(words: str) -> float:
    return 0.07 + 0.0098 * len(words)


def _in_lines(keys: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break the keys into lines that fit the width of the picture."""
    lines: list[list[tuple[str, str]]] = [[]]
    for mark, words in keys:
        item = (mark, cut(words, 80))
        if lines[-1] and sum(_key_width(each[1]) for each in [*lines[-1], item]) > 1.0:
            lines.append([])
        lines[-1].append(item)
    return lines
