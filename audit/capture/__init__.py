"""Write the export of an experiment from its own code, in the form that ``audit run`` reads.

>>> from audit import capture
>>> capture.save_export(  # doctest: +SKIP
...     "export",
...     splits={"train": (X_train, y_train), "test": (X_test, y_test)},
...     predictions={"test": model.predict(X_test)},
... )

Nothing is imported but NumPy and pyarrow, and these only when something is written.
"""

from audit.capture.errors import CaptureError
from audit.capture.export import save_export
from audit.capture.scores import scores_by_group

__all__ = ["CaptureError", "save_export", "scores_by_group"]
