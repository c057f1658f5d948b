"""The picture of augmented against original rows: small multiples on a common scale."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.model.check import Verdict
from audit.model.evidence import Series
from audit.model.report import Report
from audit.render.canvas import INK, cut, write_label
from audit.render.wording import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Do augmented rows look like original rows?"
_ORIGINAL = "#0072B2"  # of Okabe & Ito (2008), distinguishable with any colour vision
_AUGMENTED = "#D55E00"
_FAINT = "#59636e"
_GRID = "#d8dee4"
_WIDTH = 7.3  # inches at 96 px: 700 px, the width of a page on GitHub
_MAX_PANELS = 4
_MIN_ENTRIES = 0.0005


@dataclass(frozen=True, slots=True)
class Panel:
    """Histograms of one column, or of a family of columns, with the same bins."""

    label: str
    edges: tuple[float, ...]
    original: tuple[float, ...]
    augmented: tuple[float, ...]

    @property
    def overlap(self) -> float:
        """Share that both histograms have in common: 1 if they are equal."""
        return sum(min(a, b) for a, b in zip(self.original, self.augmented, strict=True))


def panels(report: Report) -> tuple[Panel, ...]:
    """The panels for which there is evidence; none unless a check found fault with the copies."""
    found: dict[str, dict[str, Series]] = {}
    for run in report.runs:
        if run.verdict is Verdict.FAIL:
            for each in run.series:
                if each.name == "augmentation" and each.group is not None:
                    found.setdefault(each.group, {})[each.label] = each
    made = []
    for label, pair in found.items():
        first, second = pair.get("original"), pair.get("augmented")
        if first is None or second is None or first.x != second.x or len(first.x) < 2:
            continue
        if not all(
            math.isfinite(value) for each in (first, second) for value in (*each.x, *each.y)
        ):
            continue
        made.append(Panel(label, first.x, first.y[:-1], second.y[:-1]))
    return tuple(made[:_MAX_PANELS])


def augmentation_caption(report: Report) -> tuple[str, str] | None:
    """Title and alternative text, raw; ``None`` where there is nothing to draw."""
    shown = panels(report)
    if not shown:
        return None
    parts = []
    for panel in shown:
        where = [_extent(panel.edges, shares) for shares in (panel.original, panel.augmented)]
        parts.append(
            f"{cut(panel.label, 40)}: originals {where[0]}, copies {where[1]}, their histograms "
            f"overlap by {percent(panel.overlap)}"
        )
    copies = _copies(report)
    return TITLE, "; ".join(parts) + (f"; {copies:,} copies." if copies is not None else ".")


def _extent(edges: Sequence[float], shares: Sequence[float]) -> str:
    """Values between which a histogram lies, by its bins."""
    filled = [i for i, share in enumerate(shares) if share > _MIN_ENTRIES] or [0]
    if len(filled) == 1:
        return f"about {number((edges[filled[0]] + edges[filled[0] + 1]) / 2, 3)}"
    return f"{number(edges[filled[0]], 3)} to {number(edges[filled[-1] + 1], 3)}"


def draw_augmentation(report: Report, title: str) -> str:
    """The picture as SVG text."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    shown = panels(report)
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    head, row, foot = 0.74, 2.1, 0.08
    height = head + rows * row + foot
    picture = Figure(figsize=(_WIDTH, height), facecolor="white")
    FigureCanvasSVG(picture)
    write_label(picture, 0.02, 1 - 0.26 / height, title, size=12, weight="bold")
    _keys(picture, 1 - 0.58 / height, height, _copies(report))
    left, gap = 0.085, 0.085
    width = (0.975 - left - gap * (columns - 1)) / columns
    for index, panel in enumerate(shown):
        x = left + (index % columns) * (width + gap)
        y = 1 - (head + (index // columns) * row + row - 0.42) / height
        axes = picture.add_axes((x, y, width, (row - 0.8) / height))
        _panel(axes, panel)
    buffer = io.StringIO()
    picture.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=96)
    return buffer.getvalue()


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_facecolor("white")
    axes.stairs(panel.original, panel.edges, fill=True, color=_ORIGINAL, alpha=0.45, zorder=2)
    axes.stairs(panel.original, panel.edges, color=_ORIGINAL, lw=1.1, zorder=3)
    axes.stairs(panel.augmented, panel.edges, color=_AUGMENTED, lw=1.9, zorder=4)
    top = max(*panel.original, *panel.augmented, 0.001)
    limit = next((step for step in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if step >= top), 1.0)
    axes.set_ylim(0, limit * 1.04)
    low, high = panel.edges[0], panel.edges[-1]
    pad = 0.02 * (high - low)
    axes.set_xlim(low - pad, high + pad)
    ticks = [float(tick) for tick in axes.get_xticks() if low - pad <= tick <= high + pad]
    ticks = ticks[:: max(1, math.ceil(len(ticks) / 6))]
    axes.set_xticks(ticks, labels=[number(tick, 3) for tick in ticks], parse_math=False)
    shares = [0.0, limit / 2, limit]
    axes.set_yticks(shares, labels=[percent(share) for share in shares], parse_math=False)
    axes.tick_params(length=0, colors=_FAINT, labelsize=9)
    axes.tick_params(axis="x", pad=6)
    for share in shares:
        axes.axhline(share, color=_GRID if share else _FAINT, lw=0.8, zorder=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    style: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    style |= {"va": "bottom", "color": INK, "parse_math": False, "annotation_clip": False}
    axes.annotate(cut(panel.label, 26), (0, 1), (0, 5), fontsize=10, fontweight="bold", **style)
    words = f"overlap {percent(panel.overlap)}"
    axes.annotate(words, (1, 1), (0, 5), fontsize=9, ha="right", **style)


def _copies(report: Report) -> int | None:
    """How many augmented rows were compared."""
    sizes = {
        evidence.n
        for run in report.runs
        if any(each.name == "augmentation" for each in run.series)
        for evidence in run.measured
        if evidence.name == "column_distance" and evidence.n is not None
    }
    return sizes.pop() if len(sizes) == 1 else None


def _keys(picture: Any, y: float, height: float, copies: int | None) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    tall = 0.13 / height
    picture.add_artist(
        Rectangle(
            (0.02, y - tall / 2),
            0.028,
            tall,
            facecolor=(*_rgb(_ORIGINAL), 0.45),
            edgecolor=_ORIGINAL,
            linewidth=1.1,
        )
    )
    write_label(picture, 0.058, y, "original rows", size=9)
    picture.add_artist(Line2D([0.2, 0.228], [y, y], color=_AUGMENTED, lw=1.9))
    size = f" (n = {copies:,})" if copies is not None else ""
    write_label(picture, 0.238, y, f"augmented rows{size}", size=9)
    words = "share of the values in each of the bins"
    write_label(picture, 0.54 if size else 0.4, y, words, size=9, color=_FAINT)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
