"""Picture of predictions: against true values by tier, by label, or scores against frequencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from audit.model.evidence import Series
from audit.model.report import Report
from audit.render.canvas import FAINT, INK, PALETTE, WIDTH, cut
from audit.render.plot import add_axes, new_panel, note, scale_axis, to_svg, write
from audit.render.summary import tier_order
from audit.render.wording import number, percent

_CHECK = "MT409"
_TIER = "tier "
_HUGE = 1e100
_LOG_FROM = 100.0
_PANELS = 6
_CLASSES = 10

Parts = Mapping[str, Sequence[tuple[float, float]]]


def predictions_caption(report: Report) -> tuple[str, str] | None:
    """Title and alternative text, or ``None`` without predictions that can be drawn."""
    if panels := _panels(report):
        log = _is_log(panels)
        sizes = _sizes(report)
        text = "; ".join(
            f"{cut(name, 40)}: {_sized(parts, log, sizes[name])}"
            if name
            else _sized(parts, log, sizes[name]).capitalize()
            for name, parts in panels.items()
        )
        return (
            "How far are the predictions from the true values?",
            f"Predicted against true values{', logarithmic scale' if log else ''}. {text}.",
        )
    if matrix := _named(report, "confusion")[:_CLASSES]:
        return "Which labels are taken for which?", _confusion_alt(matrix)
    if curves := _named(report, "reliability"):
        far = max(zip(curves[0].x, curves[0].y, strict=True), key=lambda p: abs(p[0] - p[1]))
        return (
            "Do the predicted scores match what was observed?",
            f"Observed share of positive rows by predicted score, {len(curves[0].x)} bins"
            f"{_of_rows(curves[0])}; "
            f"farthest apart at a score of {number(far[0], 2)}, with {percent(far[1])} observed.",
        )
    return None


def draw_predictions(report: Report, title: str) -> str:
    """Draw what there is: numbers, labels or scores."""
    if panels := _panels(report):
        return _draw_panels(report, panels, title)
    if matrix := _named(report, "confusion")[:_CLASSES]:
        return _draw_confusion(matrix, title)
    return _draw_reliability(_named(report, "reliability")[0], title)


def _named(report: Report, name: str) -> list[Series]:
    return [
        each
        for run in report.runs
        if run.check_id == _CHECK
        for each in run.series
        if each.name == name and each.x and all(abs(v) < _HUGE for v in (*each.x, *each.y))
    ]


# --- numbers ----------------------------------------------------------------------------------


def _panels(report: Report) -> dict[str, dict[str, list[tuple[float, float]]]]:
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for each in _named(report, "predicted_true"):
        parts = panels.setdefault((each.group or "").removeprefix(_TIER), {})
        parts[_part(each)] = list(zip(each.x, each.y, strict=True))
    return {name: parts for name, parts in list(panels.items())[:_PANELS] if "rows" in parts}


def _part(each: Series) -> str:
    """``"rows"`` of the label ``"rows (n = 1,234)"``."""
    return each.label.partition(" (")[0]


def _sizes(report: Report) -> dict[str, str]:
    """How many rows each panel is about: ``"n = 1,234"``."""
    return {
        (each.group or "").removeprefix(_TIER): each.label.partition(" (")[2].rstrip(")")
        for each in _named(report, "predicted_true")
        if _part(each) == "rows"
    }


def _is_log(panels: Mapping[str, Parts]) -> bool:
    true = [x for parts in panels.values() for x, _ in parts["rows"]]
    return min(_values(panels)) > 0 and max(true) / min(true) >= _LOG_FROM


def _values(panels: Mapping[str, Parts]) -> list[float]:
    points = [point for parts in panels.values() for own in parts.values() for point in own]
    return [value for point in points for value in point]


def _spread(parts: Parts, log: bool) -> str:
    """Typical distance from the true value."""
    rows = parts["rows"]
    if log:
        factor = math.exp(median(abs(math.log(y / x)) for x, y in rows))
        size = f"× {number(factor, 2)}" if factor >= 1.5 else percent(round(factor - 1, 2))
        return f"half of the predictions within about {size}"
    return (
        f"half of the predictions within about ± {number(median(abs(y - x) for x, y in rows), 2)}"
    )


def _sized(parts: Parts, log: bool, size: str) -> str:
    return _spread(parts, log) + (f" ({size})" if size else "")


def _draw_panels(report: Report, panels: Mapping[str, Parts], title: str) -> str:
    log = _is_log(panels)
    columns = len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    lines = math.ceil(len(panels) / columns)
    left, right, gap, head, foot = 0.72, 0.2, 0.22, 0.8, 0.5
    size = min((WIDTH - left - right - gap * (columns - 1)) / columns, 3.3)
    label = 0.42 if any(panels) else 0.24
    height = head + lines * (size + label) + foot - 0.1
    panel = new_panel(height, title)
    _key(panel, height, any("median" in parts for parts in panels.values()))
    low, high = _limits(panels, log)
    sizes = _sizes(report)
    colors = _colors(report, panels)
    for index, (name, parts) in enumerate(panels.items()):
        line, column = divmod(index, columns)
        bottom = foot + (lines - 1 - line) * (size + label)
        axes = add_axes(panel, left + column * (size + gap), bottom, size, size)
        lowest = index + columns >= len(panels)
        scale_axis(axes, "x", low, high, log=log, most=4 if columns > 1 else 6, labels=lowest)
        scale_axis(axes, "y", low, high, log=log, most=4 if columns > 1 else 6, labels=not column)
        axes.plot([low, high], [low, high], color=INK, lw=1.0, ls=(0, (4, 3)), zorder=4)
        _points(axes, parts, colors[name])
        place = (left + column * (size + gap)) / WIDTH
        top = (bottom + size) / height
        if name:
            write(panel, place, top + 0.27 / height, cut(name, int(size / 0.095)), weight="bold")
        words = _spread(parts, log).replace("of the predictions ", "")
        words = ", ".join(filter(None, (words.replace("about ", ""), sizes[name])))
        write(panel, place, top + 0.09 / height, words, size=8.5, color=FAINT)
    middle = (left + (columns * (size + gap) - gap) / 2) / WIDTH
    write(panel, middle, 0.14 / height, "true value", size=9, align="center")
    panel.text(
        0.2 / WIDTH,
        (foot + (lines * (size + label) - label) / 2) / height,
        "predicted value",
        rotation=90,
        fontsize=9,
        color=INK,
        ha="center",
        va="center",
    )
    return to_svg(panel)


def _points(axes: object, parts: Parts, color: str) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    x, y = zip(*parts["rows"], strict=True)
    axes.plot(x, y, "o", ms=3, color=color, alpha=0.4, mew=0, zorder=3)
    if "median" not in parts:
        return
    middle, median_y = zip(*parts["median"], strict=True)
    bottom = [value for _, value in parts.get("q10", parts["median"])]
    top = [value for _, value in parts.get("q90", parts["median"])]
    axes.fill_between(middle, bottom, top, color=color, alpha=0.22, lw=0, zorder=2)
    axes.plot(middle, median_y, color="white", lw=4.0, zorder=5)
    axes.plot(middle, median_y, "o-", color=color, lw=2.0, ms=4, mec="white", mew=0.6, zorder=6)


def _limits(panels: Mapping[str, Parts], log: bool) -> tuple[float, float]:
    values = [
        v for parts in panels.values() for points in parts.values() for p in points for v in p
    ]
    low, high = min(values), max(values)
    if log:
        return low / 1.3, high * 1.3
    pad = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return low - pad, high + pad


def _colors(report: Report, panels: Mapping[str, Parts]) -> dict[str, str]:
    tiers = tier_order(report)
    known = {t: PALETTE[i] if i < len(PALETTE) else FAINT for i, t in enumerate(tiers)}
    return {
        name: known.get(name) or known.get(report.tiers.get(name, "")) or PALETTE[0]
        for name in panels
    }


def _key(panel: object, height: float, bands: bool) -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    assert isinstance(panel, Figure)
    y = 1 - 0.56 / height
    panel.add_artist(Line2D([0.02, 0.055], [y, y], color=INK, lw=1.0, ls=(0, (4, 3))))
    write(panel, 0.065, y, "predicted = true", size=9)
    panel.add_artist(Line2D([0.245], [y], marker="o", ms=4, color=FAINT, alpha=0.6, lw=0))
    write(panel, 0.26, y, "a sample of rows", size=9)
    if not bands:
        return
    panel.add_artist(Line2D([0.43, 0.465], [y, y], marker="o", ms=4, color=FAINT, lw=2))
    write(panel, 0.475, y, "median", size=9)
    panel.add_artist(
        Rectangle((0.57, y - 0.06 / height), 0.035, 0.12 / height, color=FAINT, alpha=0.3, lw=0)
    )
    write(panel, 0.615, y, "10 % to 90 % of the predictions", size=9)


# --- labels -----------------------------------------------------------------------------------


def _shares(matrix: Sequence[Series]) -> list[list[float]]:
    size = len(matrix)
    return [
        [dict(zip(e.x, e.y, strict=True)).get(float(i), 0.0) for i in range(size)] for e in matrix
    ]


def _confusion_alt(matrix: Sequence[Series]) -> str:
    shares = _shares(matrix)
    right = [(row[i], i) for i, row in enumerate(shares)]
    (worst, i), (best, j) = min(right), max(right)
    names = [cut(each.group or each.label, 30) for each in matrix]
    text = (
        f"Share of rows whose label is predicted right, by true label: from {percent(worst)} in "
        f"{names[i]} to {percent(best)} in {names[j]}"
    )
    others = [(share, k) for k, share in enumerate(shares[i]) if k != i]
    if others and max(others)[0] > 0:
        share, k = max(others)
        text += f"; {names[i]} is most often taken for {names[k]} ({percent(share)})"
    return text + "."


def _draw_confusion(matrix: Sequence[Series], title: str) -> str:
    from matplotlib.patches import Rectangle

    size = len(matrix)
    names = [cut(each.group or each.label, 14) for each in matrix]
    rows = [cut(each.label, 26) for each in matrix]
    left = min(2.4, 0.45 + 0.088 * max(len(name) for name in rows))
    cell = min((WIDTH - left - 0.3) / size, 1.1)
    tall = min(cell, 0.46)
    head, foot = 0.98, 0.12
    height = head + size * tall + foot
    panel = new_panel(height, title)
    words = "share of the rows of each true label (row) that gets a predicted label (column)"
    write(panel, 0.02, 1 - 0.53 / height, words, size=9, color=FAINT)
    axes = add_axes(panel, left, foot, size * cell, size * tall)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    axes.set_yticks([i + 0.5 for i in range(size)], labels=rows, parse_math=False)
    most = max(int(cell / 0.085), 2)
    axes.set_xticks(
        [i + 0.5 for i in range(size)], labels=[cut(n, most) for n in names], parse_math=False
    )
    axes.xaxis.tick_top()
    axes.tick_params(colors=INK, labelsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for i, row in enumerate(_shares(matrix)):
        for j, share in enumerate(row):
            color = _shade(share)
            axes.add_patch(Rectangle((j, i), 1, 1, facecolor=color, edgecolor="white", lw=2))
            if share > 0:
                axes.text(
                    j + 0.5,
                    i + 0.5,
                    percent(round(share, 3)) if size <= 6 else f"{100 * share:.0f}",
                    ha="center",
                    va="center",
                    fontsize=9.5,
                    color="white" if share > 0.55 else INK,
                    fontweight="bold" if i == j else "normal",
                    parse_math=False,
                )
    return to_svg(panel)


def _shade(share: float) -> tuple[float, float, float]:
    """From nearly white to the blue of the palette."""
    dark = [int(PALETTE[0][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    share = min(max(share, 0.0), 1.0) ** 0.7
    red, green, blue = (0.965 + (end - 0.965) * share for end in dark)
    return red, green, blue


# --- scores -----------------------------------------------------------------------------------


def _of_rows(curve: Series) -> str:
    size = curve.label.partition("(n = ")[2].rstrip(")")
    return f" of {size} rows" if size else ""


def _draw_reliability(curve: Series, title: str) -> str:
    side = 3.0
    height = side + 1.3
    panel = new_panel(height, title)
    axes = add_axes(panel, 0.75, 0.55, side + 1.2, side)
    scale_axis(axes, "x", -0.02, 1.02, log=False)
    scale_axis(axes, "y", -0.02, 1.02, log=False)
    axes.plot([0, 1], [0, 1], color=INK, lw=1.0, ls=(0, (4, 3)), zorder=4)
    axes.plot(curve.x, curve.y, "o-", color=PALETTE[0], lw=2, ms=6, mec="white", zorder=5)
    note(axes, 1.0, 1.0, "score = frequency", shift=(10, 0))
    note(axes, curve.x[-1], curve.y[-1], curve.label, shift=(10, -14), color=PALETTE[0])
    write(panel, 0.02, 1 - 0.56 / height, "share of positive rows", size=9)
    write(panel, (0.75 + side / 2 + 0.6) / WIDTH, 0.18 / height, "predicted score", size=9)
    return to_svg(panel)
