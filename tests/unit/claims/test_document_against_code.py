"""CL503: settings, cells and files."""

from __future__ import annotations

import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    FileList,
    SourceFile,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Severity
from checks.claims.document_against_code import Params, document_against_code

SCRIPT = """\
import torch
from sklearn.model_selection import train_test_split

SEED = 7
BATCH = 64
NOISE_SCALE = 0.05  # 2 % noise
train, test = train_test_split(rows, test_size=0.15, random_state=SEED)
model = torch.nn.Sequential(
    torch.nn.Linear(20, 512), torch.nn.Dropout(0.3),
    torch.nn.Linear(512, 128), torch.nn.Linear(128, 1)
)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
for epoch in range(EPOCHS):
    step(batch_size=BATCH)
"""
CLEAN = SCRIPT.replace("  # 2 % noise", "")


def script(source: str = CLEAN) -> Code:
    cell = Cell(0, CellKind.CODE, source)
    return Code((SourceFile("train.py", False, (cell,)),))


def notebook(*cells: str) -> Code:
    """Markdown where a text starts with #."""
    made = []
    for index, text in enumerate(cells):
        kind = CellKind.MARKDOWN if text.startswith("#") else CellKind.CODE
        count = None if kind is CellKind.MARKDOWN else 10 + index
        made.append(Cell(index, kind, text, (), count))
    return Code((SourceFile("run.ipynb", True, tuple(made)),))


def judge(text: str, code: Code | None = None, files: tuple[str, ...] = ()) -> Outcome:
    documents = Documents((Document("README.md", DocumentKind.FILE, text),))
    listed = FileList(files) if files else None
    return document_against_code.function(
        documents=documents, code=code or script(), files=listed, params=Params()
    )


@pytest.mark.parametrize(
    "text",
    [
        "We use a learning rate of 3e-4 and weight decay 1e-2.",
        "Learning rate: 0.0003",
        "Seed 7 and batch size 64.",
        "An 85/15 split.",
        "15 % of the rows are held out.",
        "The data is split 85:15.",
        "Every row gets 5 % noise.",
        "The hidden layers are 512 → 128.",
        "The network is 20→512→128→1 wide.".replace("20→", ""),
        "| Setting | Value |\n|---|---|\n| Learning rate | 3e-4 |",
        "Dropout: 0.3",
    ],
)
def test_right(text: str) -> None:
    outcome = judge(text)
    assert outcome.verdict is Verdict.PASS, outcome.reason
    assert {claim.expected for claim in outcome.measured} == {"consistent"}


@pytest.mark.parametrize(
    ("text", "stated", "actual"),
    [
        ("We use a learning rate of 1e-3.", 1e-3, 3e-4),
        ("Learning rate: 0.001", 1e-3, 3e-4),
        ("All splits use seed 42.", 42, 7),
        ("The batch size is 256.", 256, 64),
        ("An 80/20 split.", 0.8, 0.15),
        ("20 % of the rows are held out.", 0.2, 0.15),
        ("Every row gets 2 % noise.", 0.02, 0.05),
        ("Weight decay 1e-4.", 1e-4, 0.01),
        ("Dropout: 0.5", 0.5, 0.3),
        ("| Setting | Value |\n|---|---|\n| Learning rate | 1e-3 |", 1e-3, 3e-4),
        ("Trained for up to 40 epochs with batch size 256.", 256, 64),
        ("Trained with AdamW (lr 1e-3), early stopping with patience 5.", 1e-3, 3e-4),
        ("The test set has 900 rows, 20% of the data.", 0.2, 0.15),
    ],
)
def test_wrong(text: str, stated: float, actual: float) -> None:
    source = CLEAN.replace("BATCH = 64", "batch_size = 64").replace("=BATCH", "=batch_size")
    (finding,) = judge(text, script(source)).findings
    assert finding.severity is Severity.WARNING
    assert finding.evidence[0].observed == pytest.approx(stated)
    assert finding.evidence[0].expected == pytest.approx(actual)
    assert {place.path for place in finding.locations} == {"README.md", "train.py"}


def test_wrong_widths() -> None:
    (finding,) = judge("Hidden layers: 512 → 256 → 1").findings
    assert finding.evidence[0].expected == "512 → 128 → 1"


def test_comment_beside_the_literal() -> None:
    (finding,) = judge("No numbers.", script(SCRIPT)).findings
    assert finding.primary.path == "train.py"
    assert finding.primary.line == 6
    assert finding.evidence[0].expected == 0.05


@pytest.mark.parametrize(
    "text",
    [
        "Next we should try a learning rate of 1e-3.",
        "The learning rate was 1e-3 before.",
        "Learning rates from 1e-5 to 1e-2 were searched.",
        "The paper uses a learning rate of 0.1.",
        "Run 3 used a learning rate of 1e-3.",
        "# A\n\n## Run 3\n\nLearning rate 1e-3.",
        "# A\n\n## Baseline\n\nLearning rate 1e-3.",
        "Stage 2 fine-tunes with a\nlearning rate of 1e-5.",
        "```\nlearning rate 1e-3\n```",
        "The learning rate decays to 1e-6.",
        "A batch size of at least 128 needs another card.",
        "Memory needs a learning rate below, or more than batch size 128.",
        "We will use batch size 256.",
        "# Next run\n\nBatch size 256.",
    ],
)
def test_other_settings(text: str) -> None:
    assert judge(text).findings == ()


@pytest.mark.parametrize(
    "source",
    [
        "lr = 1e-3\nlr = 1e-4\n",
        "import sys\nfit(lr=float(sys.argv[1]))\nlr = 1e-4\n",
        "for lr in (1e-3, 1e-4):\n    Adam(lr)\nlr = 2e-4\n",
        "def f(lr=2e-4):\n    Adam(lr)\n",
        "x = 1\n",
        "def broken(:\n",
    ],
)
def test_code_that_does_not_fix_it(source: str) -> None:
    outcome = judge("Learning rate 5e-2.", script(source))
    assert outcome.verdict is Verdict.REVIEW
    assert [claim.expected for claim in outcome.measured] == ["could not tell"]


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        ("BATCH = 64\n", "Batch size 64.", "Batch size 128."),
        ("for epoch in range(25):\n    step()\n", "Up to 25 epochs.", "Up to 50 epochs."),
        ("for epoch in tqdm(range(25)):\n    step()\n", "25 epochs", "Trained for 30 epochs"),
        ("layer = nn.Dropout(p=0.3)\n", "Dropout 0.3", "Dropout 0.5"),
        ("KFold(n_splits=5)\n", "Five folds.", "Ten folds."),
        ("KFold(n_splits=5)\n", "5 stratified folds.", "Four-fold cross-validation."),
        ("SGD(p, lr=0.1, momentum=0.9)\n", "momentum 0.9", "Momentum: 0.95"),
        ("CrossEntropyLoss(label_smoothing=0.1)\n", "Label smoothing 0.1", "label smoothing 0.2"),
        ("HIDDEN = 128\n", "hidden width 128", "A hidden size of 256"),
        ("patience = 5\n", "stops early with patience 5", "Early stopping (patience 10)"),
    ],
)
def test_settings_by_other_names(source: str, right: str, wrong: str) -> None:
    assert judge(right, script(source)).findings == ()
    assert len(judge(wrong, script(source)).findings) == 1


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Momentum 0.9", "BatchNormalization(momentum=0.99)\n"),
        ("Trained for 30 epochs", "for epoch in range(start, 25):\n    step()\n"),
        ("# Plan\n\nBatch size 128", "BATCH = 64\n"),
    ],
)
def test_settings_of_something_else(text: str, source: str) -> None:
    assert judge(text, script(source)).findings == ()


def test_early_stopping() -> None:
    source = "EPOCHS = 100\nstop = EarlyStopping(monitor='val_loss')\n"
    assert judge("Trained for 37 epochs.", script(source)).findings == ()
    assert len(judge("Trained for 300 epochs.", script(source)).findings) == 1
    assert len(judge("Trained for 37 epochs.", script("EPOCHS = 100\n")).findings) == 1


CELLS = ("# Title", "import a", "# Data", "rows = load_rows()", "# Split", "split_rows(rows)")


@pytest.mark.parametrize("number", [5, 6, 2, 3, 15])
def test_cell_numbers_counted_somehow(number: int) -> None:
    text = f"Rows are divided by `split_rows` in cell {number}."
    assert judge(text, notebook(*CELLS)).verdict is Verdict.PASS


def test_cell_number_that_fits_no_count() -> None:
    code = notebook(*CELLS)
    (finding,) = judge("Rows are divided by `split_rows` in cell 9.", code).findings
    assert finding.evidence[0].expected == 5
    assert judge("`split_rows` is in cells 5-9.", code).findings == ()
    assert judge("`unknown_name` is in cell 9.", code).findings == ()
    assert judge("`split_rows` is not in cell 9.", code).findings == ()
    two = "Rows come from `load_rows` (cell {}) and are divided by `split_rows` in cell {}."
    assert judge(two.format(3, 5), code).findings == ()
    (finding,) = judge(two.format(9, 5), code).findings
    assert finding.evidence[0].group == "load_rows"


def test_files() -> None:
    files = ("README.md", "train_v5_COMPLETE.ipynb", "data/plots.csv")
    assert judge("See `data/plots.csv` and [it](plots.csv).", files=files).findings == ()
    (note,) = judge("See `results.json`.", files=files).findings
    assert note.severity is Severity.NOTE
    assert note.evidence[0].observed == ("results.json",)
    (near,) = judge("All results are from `train_v5.ipynb`.", files=files).findings
    assert near.severity is Severity.WARNING
    assert near.evidence[0].expected == "train_v5_COMPLETE.ipynb"
    (swapped,) = judge("See `data/polts.csv`.", files=files).findings
    assert swapped.severity is Severity.WARNING
    both = "`train_v5.ipynb` is older than `train_v5_COMPLETE.ipynb`."
    assert [f.severity for f in judge(both, files=files).findings] == [Severity.NOTE]
    for text in (
        "`model.pt` will be written.",
        "Download `rows.csv`.",
        "https://a.b/c.csv",
        "`*.csv`",
    ):
        assert judge(text, files=files).findings == ()
