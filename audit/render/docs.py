"""The documentation page of a check, made of its docstring."""

from __future__ import annotations

from audit.model.check import DOC_SECTIONS, Check


def check_page(check: Check) -> str:
    """Markdown page of one check; also what ``audit explain`` prints."""
    lines = [
        f"# {check.id}: {check.title}",
        "",
        f"Default severity: {check.severity.name.lower()}."
        + (f" Leakage taxonomy: {check.taxonomy}." if check.taxonomy else ""),
    ]
    for title in DOC_SECTIONS:
        lines += ["", f"## {title}", "", check.sections[title]]
    parameters = _parameters(check)
    if parameters:
        lines += ["", "## Parameters", "", f"Set in audit.toml under `[checks.{check.id}]`.", ""]
        lines += parameters
    return "\n".join(lines) + "\n"


def _parameters(check: Check) -> list[str]:
    defaults = check.params()
    return [
        f"- `{name} = {getattr(defaults, name)!r}`" for name in check.params.__dataclass_fields__
    ]
