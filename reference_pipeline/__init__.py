"""The reference experiments: an exact dataset, and runs on it whose faults are known.

``python -m reference_pipeline run6 --out notebook_export`` makes the shipped export: it generates
the data, writes the notebook, executes it and writes the results page.
``python -m reference_pipeline corrected --out tests/exports/corrected`` makes its counterpart
without leakage. Executing a notebook needs ``pip install "leakage-audit[reference]"``; the data
and their exact labels need no more than the audit itself.

What is the same on every run, byte for byte: the two pickles, the split tables, the baseline and
the table of parents. They come from seeded generators and exact arithmetic; only another version
of NumPy, scikit-learn, pandas or pyarrow can change them. What may differ: history, predictions,
metrics, the numbers on the results page and the recorded outputs of the notebook. They come from
floating-point training, which is seeded and uses TensorFlow's deterministic operations, and so
repeats on one machine; another processor or another version of TensorFlow rounds differently. The
command prints for every file whether it is identical to the one that it replaces.
"""
