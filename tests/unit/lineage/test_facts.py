import pytest

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, CodeFacts, SourceFile, StepKind
from audit.model.severity import Confidence
from tests.unit.lineage import blind, idioms, snippets, unseen

LEAKY = snippets.LEAKY | idioms.LEAKY | unseen.LEAKY | blind.LEAKY
CLEAN = snippets.CLEAN | idioms.CLEAN | unseen.CLEAN | blind.CLEAN
MARKS = {"D": StepKind.DUPLICATE, "F": StepKind.FIT}


def facts_of(source: str) -> CodeFacts:
    cell = Cell(0, CellKind.CODE, source)
    return code_facts(Code((SourceFile("script.py", False, (cell,)),)))


def marked(source: str) -> set[tuple[StepKind, int]]:
    return {
        (kind, number)
        for number, line in enumerate(source.splitlines(), start=1)
        for mark, kind in MARKS.items()
        if line.endswith(f"# {mark}")
    }


def found(facts: CodeFacts) -> set[tuple[StepKind, int]]:
    return {
        (step.kind, step.location.line or 0)
        for split in facts.splits
        if split.modelled
        for step in split.upstream
    }


@pytest.mark.parametrize("name", LEAKY)
def test_leaky_scripts_are_found_at_the_exact_line(name: str) -> None:
    assert found(facts_of(LEAKY[name])) == marked(LEAKY[name])


@pytest.mark.parametrize("name", CLEAN)
def test_clean_scripts_have_nothing_before_their_split(name: str) -> None:
    assert found(facts_of(CLEAN[name])) == set()


@pytest.mark.parametrize("name", [name for name in CLEAN if name != "not modelled"])
def test_clean_scripts_are_not_silent_for_want_of_a_split(name: str) -> None:
    assert any(split.modelled for split in facts_of(CLEAN[name]).splits)


@pytest.mark.parametrize("name", [*LEAKY])
def test_cells_count_like_lines(name: str) -> None:
    lines = LEAKY[name].splitlines()
    tops = [
        i for i, line in enumerate(lines) if line and not line[0].isspace() and line[0] not in ").+"
    ]
    cells = []
    for start, end in zip(tops, [*tops[1:], len(lines)], strict=True):
        cells.append(Cell(len(cells), CellKind.CODE, "\n".join(lines[start:end]), (), None, 1))
    facts = code_facts(Code((SourceFile("book.ipynb", True, tuple(cells)),)))
    back = {
        (step.kind, tops[step.location.cell or 0] + (step.location.line or 0))
        for split in facts.splits
        if split.modelled
        for step in split.upstream
    }
    assert back == marked(LEAKY[name])


def confidence(source: str) -> Confidence:
    facts = facts_of(source)
    return min(
        min(step.confidence, split.step.confidence)
        for split in facts.splits
        if split.modelled
        for step in split.upstream
    )


BASE = """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
{0}
A, B = train_test_split(df)
SVC().fit(A).predict(B)
"""


def test_a_direct_chain_is_certain() -> None:
    assert confidence(BASE.format("df = pd.concat([df] * 3)")) is Confidence.HIGH


@pytest.mark.parametrize(
    "line",
    [
        "if flag():\n    df = pd.concat([df] * 3)",
        "df = pd.concat([df] * 3)\ndf = mystery(df)",
        "df = Unknown().fit_transform(df)",
    ],
)
def test_what_is_uncertain_does_not_gate(line: str) -> None:
    assert confidence(BASE.format(line)) is Confidence.MEDIUM


def test_selection_by_the_target_is_told_apart() -> None:
    facts = facts_of(LEAKY["selection with the target"])
    assert [step.uses_target for split in facts.splits for step in split.upstream] == [True]
    facts = facts_of(LEAKY["scaler on everything"])
    assert [step.uses_target for split in facts.splits for step in split.upstream] == [False]


def test_group_means_of_the_target_use_the_target() -> None:
    facts = facts_of(
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df["city_price"] = df["city"].map(df.groupby("city")["price"].mean())
X = df.drop("price", axis=1)
y = df["price"]
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
"""
    )
    (step,) = facts.splits[0].upstream
    assert step.uses_target
    assert step.location.line == 6


@pytest.mark.parametrize(
    ("code", "sources", "through"),
    [
        (
            "out, lab = [], []\nfor s, t in zip(X, y):\n    for _ in range(3):\n"
            "        out.append(s + 1)\n        lab.append(t)\nX, y = out, lab\n",
            ("X", "y"),
            "for s, t in zip(X, y):",
        ),
        (
            "def grow(a, b):\n    return np.repeat(a, 3, axis=0), np.repeat(b, 3)\n"
            "X, y = grow(X, b=y)\n",
            ("X", "y"),
            "X, y = grow(X, b=y)",
        ),
        (
            "X, y = np.repeat(X, len(y), axis=0), y\n",
            ("X",),
            "X, y = np.repeat(X, len(y), axis=0), y",
        ),
        (
            "out = []\nfor i in range(X.shape[0]):\n    out.append(X[i])\n    out.append(-X[i])\n"
            "X = out\n",
            ("X",),
            "for i in range(X.shape[0]):",
        ),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_the_variables_that_rows_are_taken_from(
    code: str, sources: tuple[str, ...], through: str, inside: bool
) -> None:
    rest = "a, b, c, d = train_test_split(X, y)\nLogisticRegression().fit(a, c).score(b, d)\n"
    body = code + rest
    if inside:
        body = "def run(X, y):\n    " + body.replace("\n", "\n    ") + "\nrun(X, y)\n"
    source = snippets.HEAD + "X = np.load('x.npy'); y = np.load('y.npy')\n" + body
    (split,) = facts_of(source).splits
    assert split.step.sources == ("X", "y")
    assert split.upstream[0].sources == sources
    assert split.upstream[0].through == through
