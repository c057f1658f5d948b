"""The analysis never raises, whatever it is given, and is pure."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, CodeFacts, SourceFile
from tests.unit.lineage.snippets import CLEAN, LEAKY

SNIPPETS = [*LEAKY.values(), *CLEAN.values()]
TOKENS = sorted({token for text in SNIPPETS for token in text.split()})


def facts_of(*sources: str) -> CodeFacts:
    cells = tuple(Cell(i, CellKind.CODE, source) for i, source in enumerate(sources))
    return code_facts(Code((SourceFile("book.ipynb", True, cells),)))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text(sources: list[str]) -> None:
    facts_of(*sources)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from([" ", "\n", ""]))
def test_any_tokens(tokens: list[str], joint: str) -> None:
    facts_of(joint.join(tokens))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SNIPPETS), st.sampled_from(SNIPPETS), st.integers(0, 2**32 - 1))
def test_mutated_code(source: str, other: str, seed: int) -> None:
    """Lines dropped, doubled, moved and mixed; names swapped."""
    rng = random.Random(seed)
    lines = source.splitlines() + other.splitlines()
    for _ in range(rng.randint(1, 12)):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        action = rng.randrange(5)
        if action == 0 and len(lines) > 1:
            del lines[i]
        elif action == 1:
            lines.insert(j, lines[i])
        elif action == 2:
            lines[i], lines[j] = lines[j], lines[i]
        elif action == 3:
            lines[i] = "    " * rng.randint(0, 2) + lines[i].strip()
        else:
            words = lines[j].split() or ["x"]
            lines[i] = lines[i].replace("X", rng.choice(words)).replace("df", rng.choice(words))
    facts_of("\n".join(lines))
    for line in lines:
        facts_of(line.strip())


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SNIPPETS))
def test_the_same_code_gives_the_same_facts(source: str) -> None:
    assert facts_of(source) == facts_of(source)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(LEAKY)), st.sampled_from(sorted(CLEAN)))
def test_files_do_not_know_one_another(first: str, second: str) -> None:
    files = [
        SourceFile(name, False, (Cell(0, CellKind.CODE, source),))
        for name, source in (("a.py", LEAKY[first]), ("b.py", CLEAN[second]))
    ]
    both = code_facts(Code(tuple(files)))
    alone = [code_facts(Code((file,))) for file in files]
    assert both.splits == alone[0].splits + alone[1].splits
    assert both.steps == alone[0].steps + alone[1].steps
