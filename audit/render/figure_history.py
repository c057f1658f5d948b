"""Picture of a training: loss by epoch on both sides, the best and the kept epoch."""

from __future__ import annotations

from collections.abc import Sequence

from audit.model.evidence import Series
from audit.model.report import Report
from audit.render.canvas import GRID, INK, WIDTH, cut
from audit.render.plot import add_axes, linear_ticks, new_panel, note, scale_axis, to_svg, write
from audit.render.summary import amount, is_number, overall
from audit.render.wording import number

_CHECK = "MT408"
_HUGE = 1e100
_LOG_FROM = 20.0  # ratio of the largest to the smallest value
_GREY = "#6e7781"
_SHADES = (INK, _GREY, "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_HEIGHT = 3.3
_HEAD = 1.0
_BETWEEN = 0.2  # inches between two labels at the right end


def history_lines(report: Report) -> list[Series]:
    """Curves that can be drawn, validation first."""
    lines = []
    for run in report.runs:
        for each in run.series:
            if each.name == "history" and run.check_id == _CHECK:
                points = [
                    (x, y)
                    for x, y in zip(each.x, each.y, strict=True)
                    if abs(x) < _HUGE and abs(y) < _HUGE
                ]
                if points:
                    x, y = zip(*points, strict=True)
                    lines.append(Series(each.name, each.label, x, y, unit=each.unit))
    return sorted(lines, key=lambda line: line.label != "validation")


def history_caption(report: Report) -> tuple[str, str] | None:
    """Title and alternative text, or ``None`` without a history."""
    lines = history_lines(report)
    if not lines:
        return None
    last = max(line.x[-1] for line in lines)
    parts = [
        f"{line.label} {cut(line.unit or 'value', 24)} {number(line.y[0])} at epoch "
        f"{line.x[0]:,g} and {number(line.y[-1])} at epoch {line.x[-1]:,g}"
        if len(line.x) > 1
        else f"{line.label} {cut(line.unit or 'value', 24)} {number(line.y[0])}"
        for line in lines[:4]
    ]
    planned = overall(report, "epochs_planned", _CHECK)
    epochs = f"{last:,g}"
    if planned is not None and is_number(planned) and amount(planned) > last:
        epochs += f" of {amount(planned):,g} planned"
    text = f"{epochs} {'epoch' if last == 1 else 'epochs'}: {'; '.join(parts)}"
    if (lost := _not_finite(report)) is not None:
        text += f"; not finite from epoch {lost[0]:,g} to {lost[1]:,g}"
    best, kept = _epoch(report, "best_epoch"), _epoch(report, "kept_epoch")
    if best is not None and best == kept:
        text += f"; epoch {best:,g} is the best and the one reported"
    else:
        text += f"; the best is epoch {best:,g}" if best is not None else ""
        text += f"; epoch {kept:,g} is reported" if kept is not None else ""
    return "How did the loss develop, and which epoch is reported?", text + "."


def _epoch(report: Report, name: str) -> float | None:
    evidence = overall(report, name, _CHECK)
    return amount(evidence) if evidence is not None and is_number(evidence) else None


def _not_finite(report: Report) -> tuple[float, float] | None:
    """First and last epoch without a finite loss, where the training diverged."""
    first, last = _epoch(report, "first_epoch_not_finite"), _epoch(report, "epochs_recorded")
    return (first, last) if first is not None and last is not None and first <= last else None


def draw_history(report: Report, title: str) -> str:
    """Draw the curves with their names at the right end."""
    lines = history_lines(report)
    panel = new_panel(_HEIGHT, title)
    axes = add_axes(panel, 0.62, 0.5, WIDTH - 0.62 - 1.75, _HEIGHT - 0.5 - _HEAD)
    values = [y for line in lines for y in line.y]
    low, high = min(values), max(values)
    log = low > 0 and high / low >= _LOG_FROM
    first, last = min(line.x[0] for line in lines), max(line.x[-1] for line in lines)
    lost = _not_finite(report)
    last = max(last, lost[1]) if lost else last
    room = max(0.02 * (last - first), 0.5 if first == last else 0.0)
    scale_axis(axes, "x", first - room, last + room, log=False, most=7)
    places = [tick for tick in linear_ticks(first - room, last + room, 7) if tick >= first]
    if last - first < 6:
        places = [first + step for step in range(int(last - first) + 1)]
    axes.set_xticks(places, labels=[f"{place:,g}" for place in places], parse_math=False)
    if log:
        pad = (high / low) ** 0.06
        scale_axis(axes, "y", low / pad, high * pad, log=True)
    else:
        pad = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
        bottom = 0.0 if 0 <= low < 0.5 * high else low - pad
        scale_axis(axes, "y", bottom, high + pad, log=False)
    unit = cut(lines[0].unit or "value", 40)
    write(panel, 0.02, 1 - 0.56 / _HEIGHT, unit + (", logarithmic scale" if log else ""), size=9)
    write(
        panel,
        0.62 / WIDTH + 0.5 * (WIDTH - 2.37) / WIDTH,
        0.16 / _HEIGHT,
        "epoch",
        size=9,
        align="center",
    )
    for index, line in enumerate(lines):
        color = _SHADES[index % len(_SHADES)]
        width = 1.9 if index == 0 else 1.6
        axes.plot(line.x, line.y, color=color, lw=width, zorder=5 - min(index, 3))
        if len(line.x) <= 3:
            axes.plot(line.x, line.y, "o", color=color, ms=5, zorder=5)
    if lost is not None:
        axes.axvspan(max(lost[0] - 0.5, lines[0].x[-1]), last + room, color=GRID, alpha=0.45, lw=0)
        note(axes, last, axes.get_ylim()[1], "not finite", shift=(0, -10), align="right")
    _names(axes, lines)
    _marks(report, axes, lines[0])
    return to_svg(panel)


def _names(axes: object, lines: Sequence[Series]) -> None:
    """Names and last values at the right end, moved apart where they would touch."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    inches = axes.get_position().height * _HEIGHT
    heights = []
    for line in lines:
        place = axes.transData.transform((line.x[-1], line.y[-1]))[1]
        low, high = axes.transAxes.transform([(0, 0), (0, 1)])[:, 1]
        heights.append((place - low) / (high - low) * inches)
    order = sorted(range(len(lines)), key=lambda i: heights[i])
    shifted = [heights[i] for i in order]
    for i in range(1, len(shifted)):
        shifted[i] = max(shifted[i], shifted[i - 1] + _BETWEEN)
    over = max(0.0, shifted[-1] - inches) if shifted else 0.0
    for place, i in zip(shifted, order, strict=True):
        line = lines[i]
        # from the end of the curve to the label, in points
        rise = (max(place - over, -0.2) - heights[i]) * 72
        note(
            axes,
            line.x[-1],
            line.y[-1],
            f"{cut(line.label, 20)} {number(line.y[-1])}",
            shift=(11, rise),
            color=_SHADES[i % len(_SHADES)],
            weight="bold" if i == 0 else "normal",
        )


def _marks(report: Report, axes: object, line: Series) -> None:
    """Mark the best and the reported epoch; their labels stand above the axes."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    best, kept = _epoch(report, "best_epoch"), _epoch(report, "kept_epoch")
    where = dict(zip(line.x, line.y, strict=True))
    found: list[tuple[float, str, bool]] = []
    if best is not None and best == kept:
        found.append((best, "best and reported", True))
    else:
        found += [(best, "best", False)] if best is not None else []
        found += [(kept, "reported", True)] if kept is not None else []
    first, last = axes.get_xlim()
    above = axes.get_ylim()[1]
    shown = [mark for mark in found if mark[0] in where]
    close = len(shown) == 2 and abs(shown[0][0] - shown[1][0]) < 0.4 * (last - first)
    for level, (epoch, name, filled) in enumerate(shown):
        axes.plot([epoch] * 2, [where[epoch], above], color=INK, lw=0.8, ls=":", zorder=6)
        axes.plot(
            epoch,
            where[epoch],
            "o",
            ms=7.5,
            mfc=INK if filled else "white",
            mec=INK,
            mew=1.5,
            zorder=7,
        )
        share = (epoch - first) / (last - first)
        align = "right" if share > 0.8 else "left" if share < 0.2 else "center"
        rise = 22 if close and level else 8
        note(axes, epoch, above, f"epoch {epoch:,g}: {name}", shift=(0, rise), align=align)
