"""`save_export`: everything that an audit needs, in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.capture.arrays import unique
from audit.capture.errors import CaptureError
from audit.capture.files import (
    Files,
    Manifest,
    config_text,
    document_files,
    history_text,
    metrics_text,
    parquet_bytes,
    read_manifest,
    source_files,
    write_files,
)
from audit.capture.tables import history_table, prediction_tables, split_tables

if TYPE_CHECKING:
    from audit.capture.arrays import Columns


def save_export(
    folder: str | Path,
    *,
    splits: Mapping[str, Any] | None = None,
    predictions: Mapping[str, Any] | None = None,
    history: Any = None,
    metrics: Mapping[str, Any] | None = None,
    groups: str | Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    source: str | Path | Sequence[str | Path] | None = None,
    documents: Mapping[str, str] | Sequence[str | Path] | None = None,
) -> tuple[Path, ...]:
    """Write what an experiment used and found, so that ``audit run FOLDER`` recognises it.

    Every part is optional, and may come in a call of its own: a part that is given replaces that
    part of the export, the others stay. Arrays may be anything that ``numpy.asarray`` takes:
    NumPy, pandas, lists, TensorFlow and PyTorch tensors.

    Everything is checked before anything is written; each file appears whole or not at all. Only
    files that an earlier call wrote are replaced.

    Parameters
    ----------
    folder : str or Path
        The export; made if it is not there.
    splits : mapping of str to tuple or mapping, optional
        The rows of ``train``, ``validation`` (or ``val``) and ``test`` **as they were before
        scaling**, each a pair ``(X, y)``, or a mapping with further columns:

        - ``X``, ``y``: features, shape (n, d), and targets, shape (n,);
        - ``groups``: the group of each row, for metrics by group: labels of shape (n,), or a
          mapping or DataFrame of columns that make up the group;
        - ``row_id``: an id for each row, the same in splits, predictions and source;
        - ``is_augmented``: which rows were made by augmentation or resampling;
        - ``parent_id``: ``row_id`` of the row that each of those was made of;
        - ``y_exact``: what an oracle says the target of this very row is.
    predictions : mapping of str to array-like or mapping, optional
        For each split what the model predicted in the units of ``y``: ``y_pred``, shape (n,), or
        a mapping with ``y_pred`` and any of ``y_true``, ``y_proba`` (probabilities) or
        ``y_score`` (other scores), of shape (n,) for the second of two classes or
        (n, n_classes), ``classes`` (the label of each of its columns; sorted labels otherwise),
        ``groups``, ``row_id``. What is not given is taken from the split of that name. NaN in
        ``y_pred`` is exported: that a model fails is a result.
    history : object, optional
        What ``model.fit`` of Keras returned, or values by epoch: a mapping of names to lists, a
        DataFrame, or a mapping for each epoch.
    metrics : mapping, optional
        Metrics as the experiment reports them, for instance
        ``{"metric": "rmse", "overall": {"train": 1.2, "test": 1.5}, "by_group": [...]}``;
        see `scores_by_group`.
    groups : str or sequence of str, optional
        Columns of X that make up the group, for all splits.
    feature_names : sequence of str, optional
        Names of the columns of X where it is an array.
    source : str, Path or sequence of these, optional
        Notebooks and scripts of the experiment, copied. By default the script that is run, or
        the notebook if Jupyter or Visual Studio Code say which it is: **save it first**. ``()``
        copies none.
    documents : sequence of path, or mapping of str to str, optional
        Markdown files to copy, or their texts by name: ``{"RESULTS.md": text}``.

    Returns
    -------
    tuple of Path
        The files that were written, sorted.

    Raises
    ------
    CaptureError
        If something cannot be exported as given; nothing was written then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = save_export(
    ...         folder,
    ...         splits={"train": ([[1.0], [2.0]], [1, 2]), "test": ([[3.0]], [3])},
    ...         predictions={"test": [2.5]},
    ...         metrics={"test": {"rmse": 0.5}},
    ...     )
    ...     [file.name for file in files]
    ['metrics.json', 'test.parquet', 'train.parquet', 'test_predictions.parquet']
    """
    root = Path(folder)
    manifest = read_manifest(root)
    names = _group_names(groups)
    files: dict[str, Files] = {}
    columns: dict[str, Columns] = {}
    if splits is not None:
        columns = split_tables(splits, names or (), feature_names)
        files["splits"] = {
            f"splits/{name}.parquet": parquet_bytes(table, f"splits[{name!r}]")
            for name, table in columns.items()
        }
    elif names:
        raise CaptureError("groups names columns of X: pass it together with splits")
    if splits is not None:
        manifest = manifest.with_groups(names or ())
    if predictions is not None:
        tables = prediction_tables(
            predictions,
            lambda name: columns.get(name) or manifest.stored(root, f"splits/{name}.parquet"),
            manifest.groups,
        )
        files["predictions"] = {
            f"{name}_predictions.parquet": parquet_bytes(table, f"predictions[{name!r}]")
            for name, table in tables.items()
        }
    if history is not None:
        files["history"] = {"history.csv": history_text(history_table(history))}
    if metrics is not None:
        files["metrics"] = {"metrics.json": metrics_text(metrics)}
    if documents is not None:
        files["documents"] = document_files(documents, root)
    copied = source_files(source, root, manifest)
    if copied or source is not None:
        files["source"] = copied
    if not files:
        raise CaptureError("nothing to export: pass splits, predictions, metrics, history …")
    files["config"] = _config(root, manifest, files)
    return write_files(root, files, manifest)


def _group_names(groups: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if groups is None:
        return None
    names = [groups] if isinstance(groups, str) else list(groups)
    if not all(isinstance(name, str) for name in names):
        raise CaptureError(
            "groups names columns of X; the labels of rows belong to their split: "
            "splits={'train': {'X': …, 'y': …, 'groups': labels}}"
        )
    return tuple(unique(names, "groups"))


def _config(root: Path, manifest: Manifest, files: Mapping[str, Files]) -> Files:
    """An ``audit.toml`` that names the groups, where metrics by group do not do so already."""
    if not manifest.groups:
        return {}
    text = files.get("metrics", {}).get("metrics.json")
    if text is None and manifest.owns("metrics.json") and (root / "metrics.json").is_file():
        text = (root / "metrics.json").read_bytes()
    told = text is not None and _names_groups(json.loads(text), set(manifest.groups))
    foreign = (root / "audit.toml").exists() and not manifest.owns("audit.toml")
    return {} if told or foreign else {"audit.toml": config_text(manifest.groups)}


def _names_groups(value: Any, names: set[str]) -> bool:
    if isinstance(value, dict):
        return names <= set(value) or any(_names_groups(v, names) for v in value.values())
    return isinstance(value, list) and any(_names_groups(item, names) for item in value)
