"""Whatever text an export holds, CI servers read the same structure."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.render.github import harmless, to_github
from audit.render.junit import to_junit
from audit.render.sarif import to_sarif
from tests.properties.test_render import texts
from tests.unit.render.reports import strange_report
from tests.unit.render.test_github import runner
from tests.unit.render.test_sarif import SCHEMA

COMMANDS = ("::", "::error::", "\n::add-mask::", "\r", "##[", "%0A", "%", ",", ":", "x", "\x85")
hostile = st.one_of(texts, st.lists(st.sampled_from(COMMANDS), max_size=8).map("".join))


def source(seed: int, pool: list[str]) -> Callable[[], str]:
    generator = random.Random(seed)
    return lambda: generator.choice(pool) + "z"


def shape(value: Any) -> Any:
    """A JSON value without its texts."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


@settings(max_examples=40)
@given(st.lists(hostile, min_size=1, max_size=4), st.integers(0, 99), hostile)
def test_sarif(pool: list[str], seed: int, root: str) -> None:
    log = json.loads(to_sarif([strange_report(source(seed, pool))], [root.strip("/") + "z"]))
    calm = json.loads(to_sarif([strange_report(lambda: "x")], ["z"]))
    SCHEMA.validate(log)
    for result in log["runs"][0]["results"]:
        assert "](" not in result["message"]["text"]
        for place in result["locations"] + result["relatedLocations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.isascii()
            assert not set(uri) & set(' :?#[]@"<>\\^`{|}')
    assert shape(log) == shape(calm)


@settings(max_examples=40)
@given(st.lists(hostile, min_size=1, max_size=4), st.integers(0, 99), hostile)
def test_junit(pool: list[str], seed: int, root: str) -> None:
    def tags(text: str) -> list[tuple[str, list[str]]]:
        return [(each.tag, sorted(each.attrib)) for each in ET.fromstring(text.encode()).iter()]

    got = to_junit([strange_report(source(seed, pool))], [root])
    assert tags(got) == tags(to_junit([strange_report(lambda: "x")], [""]))


@settings(max_examples=40)
@given(st.lists(hostile, min_size=1, max_size=4), st.integers(0, 99), hostile)
def test_annotations(pool: list[str], seed: int, root: str) -> None:
    def commands(text: str) -> list[tuple[str, list[str]]]:
        return [(name, list(properties)) for name, properties, _ in runner(text)]

    got = to_github([strange_report(source(seed, pool))], [root])
    calm = to_github([strange_report(lambda: "x")], ["z"])
    assert len(got.split("\n")) == len(calm.split("\n"))
    assert commands(got) == commands(calm)


@given(hostile)
def test_a_log_without_commands(text: str) -> None:
    text = text.replace("\r", "")
    shown = harmless(text)
    assert runner(shown) == []
    assert shown.count("\n") == text.count("\n")
