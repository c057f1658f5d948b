"""The picture of the study: errors by feature set, augmentation and loss weights.

Colour, shape and filling each tell the cells apart, so that no colour vision is needed; the
ground is white, so that it reads on a light page as on a dark one. matplotlib is imported only
when something is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from audit.render.canvas import FAINT, INK, PALETTE
from audit.render.plot import add_axes, new_panel, scale_axis, to_svg, write
from reference_pipeline.ablation.effects import combinations, mean_of
from reference_pipeline.ablation.grid import Study
from reference_pipeline.ablation.store import Result
from reference_pipeline.evaluate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Panel

_TITLE = "What augmentation, features and loss weights do to the error"
_PANELS = ("overall", "easy", "medium", "hard")
_MARKERS = ("o", "s", "^")
_STEP = 0.12  # between the marks of one feature set


def draw(study: Study, results: Sequence[Result]) -> str:
    """Draw the study.

    Parameters
    ----------
    study : Study
    results : sequence of Result

    Returns
    -------
    str
        An SVG, the same for the same numbers.
    """
    import matplotlib

    with matplotlib.rc_context():
        # A reader's own style must not change the picture.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "ablation"})
        panel = new_panel(7.05, _TITLE)
        _keys(panel, study)
        for number, metric in enumerate(_PANELS):
            left, bottom = 0.55 + 3.6 * (number % 2), 3.35 - 2.95 * (number // 2)
            axes = add_axes(panel, left, bottom, 3.0, 2.3)
            _draw_metric(axes, study, results, metric)
        return to_svg(panel)


def _draw_metric(axes: Axes, study: Study, results: Sequence[Result], metric: str) -> None:
    names = study.levels["features"]
    found = {levels: mean_of(own, metric) for levels, own in combinations(results).items()}
    styles = _styles(study)
    for (augmentation, features, weights), estimate in found.items():
        place = list(styles).index((augmentation, weights)) - (len(styles) - 1) / 2
        _mark(axes, names.index(features) + _STEP * place, estimate, styles[augmentation, weights])
    # Intervals of few seeds can be wide: the limits follow the means, arrows are not needed.
    means = [estimate.value for estimate in found.values()]
    low, high = max(min(means), 1e-6) / 1.35, max(means) * 1.35
    scale_axis(axes, "y", low, high, log=True, most=7)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xticks(range(len(names)), labels=[f"set {name}" for name in names])
    axes.set_title(metric, loc="left", fontsize=10, fontweight="bold", color=INK, pad=5)
    for border in range(1, len(names)):
        axes.axvline(border - 0.5, color=FAINT, lw=0.4, ls=":", zorder=0)


def _mark(axes: Axes, x: float, estimate: Estimate, style: dict[str, Any]) -> None:
    if estimate.n > 1:
        low = max(estimate.low, estimate.value / 1e3)  # the axis is logarithmic
        axes.plot([x, x], [low, estimate.high], color=style["mec"], lw=1.1, zorder=3)
    axes.plot([x], [estimate.value], ls="none", ms=6, mew=1.3, zorder=4, **style)


def _styles(study: Study) -> dict[tuple[str, str], dict[str, Any]]:
    """How each combination of augmentation and weights is drawn."""
    return {
        (augmentation, weights): {
            "marker": _MARKERS[number % len(_MARKERS)],
            "mec": PALETTE[number % len(PALETTE)],
            "mfc": "white" if place else PALETTE[number % len(PALETTE)],
        }
        for number, augmentation in enumerate(study.levels["augmentation"])
        for place, weights in enumerate(study.levels["weights"])
    }


def _keys(panel: Panel, study: Study) -> None:
    """Explain the marks in lines below the title."""
    from matplotlib.lines import Line2D

    height = panel.get_figheight()
    spread = "; bars: 95 % interval over seeds" if len(study.seeds) > 1 else ""
    words = f"log2-MSE on fresh originals, logarithmic scale{spread}"
    write(panel, 0.02, 1 - 0.52 / height, words, color=FAINT)
    for row, weights in enumerate(study.levels["weights"]):
        y = 1 - (0.76 + 0.22 * row) / height
        write(panel, 0.02, y, f"loss weights {weights}:", color=FAINT)
        for column, augmentation in enumerate(study.levels["augmentation"]):
            x = 0.24 + 0.17 * column
            style = _styles(study)[augmentation, weights]
            panel.add_artist(Line2D([x], [y], ls="none", ms=6, mew=1.3, **style))
            write(panel, x + 0.015, y, augmentation)
