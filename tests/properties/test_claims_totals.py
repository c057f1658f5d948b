"""Tables made from true counts are never flagged; a count that is really wrong always is."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from audit.model.artifacts import Document, DocumentKind, Documents
from audit.model.check import Outcome
from checks.claims.totals import Params, totals

COUNTS = st.lists(st.integers(1, 400_000), min_size=3, max_size=8)
STYLES = st.fixed_dictionaries(
    {
        "decimals": st.integers(0, 2),
        "percent": st.sampled_from(["%", " %", "\u202f%"]),
        "separator": st.sampled_from([",", "", "\u2009", "_"]),
        "edges": st.booleans(),
        "bold": st.booleans(),
        "total": st.booleans(),
        "header": st.sampled_from(["% of total", "Share", "%", "Percentage", "share of rows (%)"]),
        "count": st.sampled_from(["Rows", "Val samples", "n", "# samples", "Number of images"]),
    }
)


def render(counts: list[int], true: list[int], style: dict[str, Any]) -> str:
    whole = sum(true)

    def number(n: int) -> str:
        text = f"{n:,}".replace(",", style["separator"])
        return f"**{text}**" if style["bold"] else text

    def share(n: int) -> str:
        return f"{100 * n / whole:.{style['decimals']}f}{style['percent']}"

    lines = [["Class", style["count"], style["header"]], ["---", "--:", ":-:"]]
    lines += [
        [f"class {chr(97 + i)}", number(n), share(t)]
        for i, (n, t) in enumerate(zip(counts, true, strict=True))
    ]
    if style["total"]:
        lines.append(["Total", number(whole), share(whole)])
    left, right = ("| ", " |") if style["edges"] else ("", "")
    rows = [left + " | ".join(line) + right for line in lines]
    return "\n".join(["## Composition of the data", "", *rows, "", "Text."])


def judge(text: str) -> Outcome:
    documents = Documents((Document("README.md", DocumentKind.FILE, text),))
    return totals.function(
        documents=documents,
        splits=None,
        grouping=None,
        predictions=None,
        metrics=None,
        raw=None,
        params=Params(),
    )


@given(COUNTS, STYLES)
def test_true_tables_are_never_flagged(counts: list[int], style: dict[str, Any]) -> None:
    assert judge(render(counts, counts, style)).findings == ()


@given(COUNTS, STYLES, st.data())
def test_a_wrong_count_is_always_flagged(
    counts: list[int], style: dict[str, Any], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(counts) - 1))
    wrong = list(counts)
    wrong[index] = data.draw(st.integers(1, 800_000))
    # further off than a count in round thousands may be from the true one, twice over
    slack = 0.01 * (sum(counts) + sum(wrong))
    assume(abs(wrong[index] - counts[index]) > slack)
    style = style | {"total": True}
    # a row that equals a sum of its neighbours may be a subtotal: silence is right there
    assume(not _may_have_subtotals(wrong) and not _may_have_subtotals(counts))
    (finding,) = judge(render(wrong, counts, style)).findings
    assert finding.check_id == "CL501"


def _may_have_subtotals(counts: list[int]) -> bool:
    tolerance = 0.005 * sum(counts)
    for ordered in (counts, counts[::-1]):
        for i, value in enumerate(ordered):
            for stop in range(i + 3, len(ordered) + 1):
                if abs(sum(ordered[i + 1 : stop]) - value) <= tolerance:
                    return True
    return False


@given(STYLES, st.integers(2, 6), st.integers(0, 5), st.data())
def test_leaving_out_a_row_of_a_composition_is_flagged(
    style: dict[str, Any], extra: int, index: int, data: st.DataObject
) -> None:
    counts = data.draw(st.lists(st.integers(1_000, 9_999), min_size=extra, max_size=extra))
    everything = [*counts, 20_000]
    style = style | {"total": True}
    text = render(everything, everything, style)
    lines = text.splitlines()
    del lines[4 + len(counts)]  # the row of the 20,000
    assume(not _may_have_subtotals(everything))
    assert judge("\n".join(lines)).findings


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    judge(text)


@given(st.text(alphabet="|-:. \n0123456789%abTotal…#`<>!*", max_size=300))
def test_no_table_like_text_raises(text: str) -> None:
    judge(text)
