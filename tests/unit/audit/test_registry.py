"""The registry finds every check, and refuses what would make an audit say nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from audit.registry import RegistryError, load_checks
from tests.harness import EXPORTS

CHECK = '''
from audit.model.check import NoParams, check, passed
from audit.model.severity import Severity

@check("{id}", "A defect", Severity.NOTE)
def {name}(params: NoParams):
    """Summary.

    What
    ----
    x

    Why
    ---
    x

    How it is found
    ---------------
    x

    False alarms
    ------------
    x

    Remedy
    ------
    x

    References
    ----------
    x
    """
    return passed("x")
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    def make(**ids: str) -> ModuleType:
        folder = tmp_path / "made_checks"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for name, id in ids.items():
            (folder / f"{name}.py").write_text(CHECK.format(id=id, name=name))
        monkeypatch.syspath_prepend(tmp_path)
        for name in [name for name in sys.modules if name.startswith("made_checks")]:
            monkeypatch.delitem(sys.modules, name)
        import importlib

        return importlib.import_module("made_checks")

    return make


def test_checks_are_found_and_sorted_by_id(package: Callable[..., ModuleType]) -> None:
    assert [c.id for c in load_checks(package(a="MT499", b="CT299"))] == ["CT299", "MT499"]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ({"a": "LK101", "b": "LK101"}, "registered twice"),
        ({"a": "XX101"}, "no family"),
        ({}, "no check was found"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ids: dict[str, str], message: str, package: Callable[..., ModuleType]
) -> None:
    with pytest.raises(RegistryError, match=message):
        load_checks(package(**ids))


def test_every_check_has_fixtures_a_fault_and_a_page() -> None:
    root = Path(__file__).parents[3]
    for check in load_checks():
        folder = EXPORTS / check.id
        assert (folder / "bad").is_dir()
        assert (folder / "good").is_dir()
        assert (folder / "expected.json").is_file()
        assert (root / "tests" / "faults" / f"{check.id.lower()}.py").is_file()
        assert (root / "docs" / "checks" / f"{check.id}.md").is_file()
