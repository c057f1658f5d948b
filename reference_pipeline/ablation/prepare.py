"""The data of one seed: originals, copies and features, made once and kept in the work folder."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_pipeline import augment, data, features, generate, oracle, split, symmetry
from reference_pipeline.ablation.facts import LabelError, SeedFacts, facts_from_json, pooled
from reference_pipeline.ablation.grid import COPIES, NOISE_SCALE, Study, code_digest, digest
from reference_pipeline.augment import augment as augmented
from reference_pipeline.augment import label_error
from reference_pipeline.config import TIERS, like_public
from reference_pipeline.features import FEATURE_SETS
from reference_pipeline.features import features as features_of
from reference_pipeline.generate import fresh_test_rows, generate_rows
from reference_pipeline.split import entity_ids, split_by_entity

FloatArray = npt.NDArray[np.float64]
FeatureArray = npt.NDArray[np.float32]

_MODULES = (augment, data, features, generate, oracle, split, symmetry)
_COPIES_OF_GROUP = {group: COPIES[tier] for tier, groups in TIERS.items() for group in groups}


@dataclass(frozen=True, slots=True)
class PreparedSeed:
    """The data of one seed, read from the work folder when needed.

    Attributes
    ----------
    folder : Path
    facts : SeedFacts
    """

    folder: Path
    facts: SeedFacts

    def rows(self, name: str) -> tuple[npt.NDArray[Any], FloatArray]:
        """Rows and heights of ``train``, ``validation``, ``test``, or the copies by a method."""
        rows = np.load(self.folder / f"rows_{name}.npy")
        heights: FloatArray = np.load(self.folder / f"heights_{name}.npy")
        return rows, heights

    def features(self, name: str, feature_set: str) -> FeatureArray:
        """Features of those rows, not scaled."""
        values: FeatureArray = np.load(self.folder / f"features_{feature_set}_{name}.npy")
        return values


def data_code() -> str:
    """Name of the code that makes the data."""
    return code_digest(
        [Path(file) for module in _MODULES if (file := module.__file__)] + [Path(__file__)]
    )


def prepare(study: Study, seed: int, work: Path) -> PreparedSeed:
    """Make the data of a seed, or find them in the work folder.

    They are made beside their place and moved there, so that an interruption leaves nothing half
    finished.

    Parameters
    ----------
    study : Study
    seed : int
    work : Path

    Returns
    -------
    PreparedSeed
    """
    settings = {**study.data_settings(seed), "code": data_code()}
    folder = work / f"data-{digest(settings)}"
    if not folder.is_dir():
        temporary = Path(tempfile.mkdtemp(prefix=".data-", dir=work))
        try:
            _make(study, seed, temporary)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    fields = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return PreparedSeed(folder, facts_from_json(fields))


def _make(study: Study, seed: int, folder: Path) -> None:
    start = time.process_time()
    data_seed, test_seed, split_seed, copy_seed = (
        int(state) for state in np.random.SeedSequence([20, seed]).generate_state(4)
    )
    rows, heights = generate_rows(like_public(study.samples_per_group, data_seed))
    test = fresh_test_rows(like_public(study.test_samples_per_group, test_seed), rows)
    share = study.validation_share
    train_ids, validation_ids = split_by_entity(
        entity_ids(rows), rows[:, 1:3], (1 - share, share), split_seed
    )
    sets = {
        "train": (rows[train_ids], heights[train_ids]),
        "validation": (rows[validation_ids], heights[validation_ids]),
        "test": test,
    }
    parents = {}
    for method in ("noise", "symmetry"):
        rng = np.random.default_rng(copy_seed)
        made = augmented(*sets["train"], _COPIES_OF_GROUP, method, rng, noise_scale=NOISE_SCALE)
        sets[method] = (made.rows[made.is_copy], made.heights[made.is_copy])
        parents[method] = made.parents[made.is_copy]
    for name, (rows_of_set, heights_of_set) in sets.items():
        np.save(folder / f"rows_{name}.npy", rows_of_set)
        np.save(folder / f"heights_{name}.npy", heights_of_set)
    repeats = {name: _write_features(folder, name, sets, parents) for name in FEATURE_SETS}
    facts = SeedFacts(
        seed=seed,
        originals={name: len(sets[name][0]) for name in ("train", "validation", "test")},
        label_errors={method: _by_tier(*sets[method]) for method in parents},
        repeats=repeats,
        cpu_seconds=time.process_time() - start,
    )
    text = json.dumps(asdict(facts), indent=2)
    (folder / "facts.json").write_text(text, encoding="utf-8")


def _write_features(
    folder: Path,
    feature_set: str,
    sets: Mapping[str, tuple[npt.NDArray[Any], FloatArray]],
    parents: Mapping[str, npt.NDArray[np.intp]],
) -> float:
    """Write the features of all rows; returns the share of symmetric copies that are repeats."""
    values = {name: features_of(rows, feature_set) for name, (rows, _) in sets.items()}
    for name, array in values.items():
        np.save(folder / f"features_{feature_set}_{name}.npy", array)
    originals = values["train"][parents["symmetry"]]
    same = np.isclose(values["symmetry"], originals, rtol=1e-5, atol=1e-4).all(axis=1)
    return float(same.mean())


def _by_tier(rows: npt.NDArray[Any], heights: FloatArray) -> dict[str, LabelError]:
    by_group = {
        (error.k, error.m): LabelError(
            error.n_copies, error.n_infinite, float(np.nan_to_num(error.mean_squared_log2_error))
        )
        for error in label_error(rows, heights)
    }
    return {
        tier: pooled(by_group[group] for group in groups if group in by_group)
        for tier, groups in TIERS.items()
    }
