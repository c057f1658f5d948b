"""A panel with axes on which curves and points are drawn; the looks that pictures share.

Text is drawn with mathematics switched off. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from audit.render.canvas import FAINT, GRID, INK, WIDTH, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Panel

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def new_panel(height: float, title: str) -> Panel:
    """An empty white picture of the width of a page, with its title."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Panel

    panel = Panel(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasSVG(panel)
    write(panel, 0.02, 1 - 0.26 / height, title, size=12, weight="bold")
    return panel


def write(
    panel: Panel,
    x: float,
    y: float,
    words: str,
    *,
    size: float = 9.5,
    weight: str = "normal",
    color: str = INK,
    align: str = "left",
) -> None:
    """Write in the coordinates of the picture."""
    panel.text(
        x,
        y,
        words,
        fontsize=size,
        fontweight=weight,
        color=color,
        va="center",
        ha=align,
        parse_math=False,
    )


def note(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    *,
    shift: tuple[float, float] = (6, 0),
    color: str = INK,
    weight: str = "normal",
    align: str = "left",
) -> None:
    """Write beside a point of the data."""
    axes.annotate(
        cut(words, 60),
        (x, y),
        xytext=shift,
        textcoords="offset points",
        va="center",
        ha=align,
        fontsize=9.5,
        color=color,
        fontweight=weight,
        annotation_clip=False,
        parse_math=False,
        zorder=8,
    )


def add_axes(panel: Panel, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes in inches, with a line on the left and below."""
    total = panel.get_figheight()
    axes = panel.add_axes((left / WIDTH, bottom / total, width / WIDTH, height / total))
    axes.set_facecolor("white")
    axes.tick_params(length=0, colors=FAINT, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    return axes


def scale_axis(
    axes: Axes,
    which: str,
    low: float,
    high: float,
    *,
    log: bool,
    most: int = 5,
    labels: bool = True,
) -> None:
    """Set limits, grid and labelled ticks of the x or the y axis."""
    from matplotlib.ticker import NullLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    if log:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    places = log_ticks(low, high, most) if log else linear_ticks(low, high, most)
    words = tick_labels(places) if labels else [""] * len(places)
    (axes.set_xticks if which == "x" else axes.set_yticks)(places, labels=words, parse_math=False)
    axis.set_minor_locator(NullLocator())
    axis.grid(True, color=GRID, lw=0.8, zorder=0)
    axes.set_axisbelow(True)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers within the limits.

    Examples
    --------
    >>> linear_ticks(0.0, 1.0, 5), linear_ticks(1, 30, 5)
    ([0.0, 0.25, 0.5, 0.75, 1.0], [10.0, 20.0, 30.0])
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power * factor for factor in (*_STEPS, 20.0)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [round(place * step, 12) for place in range(first, last + 1)]
    return [low, high]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten within the limits, and what lies between where they are few.

    Examples
    --------
    >>> log_ticks(0.5, 2e6, 4), log_ticks(0.05, 0.9, 5), log_ticks(0.04, 9.0, 5)
    ([1.0, 100.0, 10000.0, 1000000.0], [0.05, 0.1, 0.2, 0.5], [0.1, 0.3, 1.0, 3.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        places = [
            round(factor * 10.0**power, 12) if power > -9 else factor * 10.0**power
            for power in range(first, last + 1)
            for factor in factors
            if low * 0.999 <= factor * 10.0**power <= high * 1.001
        ]
        if len(places) <= most:
            break
    return places[:: max(math.ceil(len(places) / most), 1)]


def tick_labels(places: Sequence[float]) -> list[str]:
    """Short labels: thousands and millions by letter.

    Examples
    --------
    >>> tick_labels([0.0, 0.25, 1000.0, 2.5e6, 1e12])
    ['0', '0.25', '1K', '2.5M', '1e+12']
    """
    out = []
    for place in places:
        for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
            if size <= abs(place) < 1e12:
                out.append(f"{place / size:g}{letter}")
                break
        else:
            out.append(f"{place:g}")
    return out


def to_svg(panel: Panel) -> str:
    """The picture as text, the same for the same report."""
    buffer = io.StringIO()
    panel.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=96)
    return buffer.getvalue()
