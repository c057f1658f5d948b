"""Tables of a Markdown report: escaped cells, bounded size, and the evidence of a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from audit.model.evidence import Evidence, Value
from audit.render.escape import inline, prose
from audit.render.wording import count, is_share, observed, value, words

MAX_GROUPS = 50
_MAX_COLUMNS = 8
_TABLE_BYTES = 50_000


def evidence_tables(evidence: Sequence[Evidence]) -> str:
    """One table by group for names that several groups share, one table for the rest."""
    groups: dict[str, dict[str, Evidence]] = {}
    for each in evidence:
        if each.group is not None:
            groups.setdefault(each.group, {}).setdefault(each.name, each)
    names = [each.name for each in evidence if each.group is not None]
    shared = [name for name in dict.fromkeys(names) if sum(name in g for g in groups.values()) > 1]
    shared = shared[:_MAX_COLUMNS]
    rest = [each for each in evidence if each.group is None or each.name not in shared]
    parts = ["**Evidence.**"]
    if shared:
        parts.append(_pivot(shared, groups))
        parts += _arithmetic([each for each in evidence if each.name in shared and each.group])
    if rest:
        parts.append(_facts(rest))
    return "\n\n".join(parts)


def _pivot(names: Sequence[str], groups: Mapping[str, Mapping[str, Evidence]]) -> str:
    members = {group: row for group, row in groups.items() if any(name in row for name in names)}
    columns = [
        _column(name, [row[name] for row in members.values() if name in row]) for name in names
    ]
    rows = []
    for group, row in list(members.items())[:MAX_GROUPS]:
        cells = [inline(group, 80)]
        for name in names:
            each = row.get(name)
            others = {row[other].observed for other in names if other in row and other != name}
            cells.append("" if each is None else _cell(each, others))
        rows.append(cells)
    aligned = (False, *(True for _ in names))
    return to_table(("group", *columns), rows, right=aligned, total=len(members))


def _column(name: str, items: Sequence[Evidence]) -> str:
    units = {each.unit for each in items}
    unit = units.pop() if len(units) == 1 else None
    label = inline(words(name), 60)
    if unit and not is_share(items[0]) and unit != name and unit not in words(name).split():
        label += f" ({inline(unit, 40)})"
    return label


def _cell(evidence: Evidence, others: Set[Value]) -> str:
    """One measurement; what was expected is left out where another column shows it."""
    text = inline(observed(evidence), 160)
    if evidence.expected not in (None, evidence.observed, *others):
        text += f" (expected {inline(value(evidence.expected, share=is_share(evidence)), 80)})"
    return text


def _arithmetic(evidence: Sequence[Evidence]) -> list[str]:
    """How the numbers of a table were obtained; by group where that differs."""
    lines: list[str] = []
    for name in dict.fromkeys(each.name for each in evidence):
        groups: dict[str, list[str]] = {}
        for each in evidence:
            if each.name == name and each.method:
                groups.setdefault(each.method, []).append(inline(each.group or "", 80))
        if len(groups) == 1:
            lines.append(f"- {inline(words(name), 60)}: {prose(next(iter(groups)), 400)}")
            continue
        for method, members in list(groups.items())[:MAX_GROUPS]:
            more = f" and {len(members) - 3} more" if len(members) > 3 else ""
            about = "; ".join(members[:3]) + more
            lines.append(f"- {inline(words(name), 60)}, {about}: {prose(method, 200)}")
    if not lines:
        return []
    if len(lines) > 5:
        return [folded("Arithmetic by group", "\n".join(lines))]
    return ["\n".join(lines)]


def _facts(evidence: Sequence[Evidence]) -> str:
    about = any(each.group is not None for each in evidence)
    expected = any(each.expected is not None for each in evidence)
    sized = any(each.n is not None for each in evidence)
    header = [
        *(["group"] if about else []),
        "measured",
        "value",
        *(["expected"] if expected else []),
        *(["n"] if sized else []),
        "how",
    ]
    rows = []
    for each in evidence[:MAX_GROUPS]:
        share = is_share(each)
        wanted = "" if each.expected is None else inline(value(each.expected, share=share), 160)
        how = prose(each.method, 400)
        if each.random_state is not None:
            how += f"{'; ' if how else ''}random_state {each.random_state}"
        rows.append(
            [
                *([inline(each.group or "overall", 80)] if about else []),
                inline(words(each.name), 60),
                inline(observed(each, unit=True), 300),
                *([wanted] if expected else []),
                *([f"{each.n:,}" if each.n is not None else ""] if sized else []),
                how,
            ]
        )
    return to_table(header, rows, total=len(evidence))


def to_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[bool] = (),
    total: int = 0,
) -> str:
    """A table of escaped cells, cut at ``_TABLE_BYTES``; says how many of `total` are missing."""
    rules = [
        "--:" if index < len(right) and right[index] else "---" for index in range(len(header))
    ]
    lines = [_line(header), _line(rules)]
    size = 0
    shown = 0
    rows = list(rows)
    for row in rows:
        line = _line(row)
        size += len(line.encode())
        if size > _TABLE_BYTES and shown:
            break
        lines.append(line)
        shown += 1
    missing = max(total, len(rows)) - shown
    text = "\n".join(lines)
    return f"{text}\n\n… and {count(missing, 'more row')}" if missing else text


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def folded(summary: str, text: str) -> str:
    """A text that is shown on a click."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
