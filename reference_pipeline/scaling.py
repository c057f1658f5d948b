"""Standardisation of features within each group (k, m).

The same feature means another size in another group: a volume of five columns is not one of
seven. Centred and scaled group by group, a feature says how unusual a code is among its like, and
the indicators of the group, which stay as they are, say the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_CONSTANT = 1e-6  # a spread below this, relative to the size of the values, is rounding


class GroupScaler:
    """Centre and scale every feature within the groups that 0/1 columns in front indicate.

    Parameters
    ----------
    n_groups : int
        Number of leading columns that indicate the group, exactly one of them 1 in each row;
        they are left alone.

    Attributes
    ----------
    means_, scales_ : ndarray of shape (n_groups, n_features - n_groups)
        Of the fitted rows, as float64. A feature that is constant within a group, and a group
        that was not there, has the scale 1.
    """

    def __init__(self, n_groups: int = 9) -> None:
        self.n_groups = n_groups

    def fit(self, features: npt.NDArray[np.floating[Any]]) -> GroupScaler:
        """Measure mean and spread of every feature in every group.

        Parameters
        ----------
        features : ndarray of shape (n_samples, n_features)
            Training samples only: what a scaler learns from held-out rows leaks.

        Returns
        -------
        GroupScaler
            Itself.
        """
        groups, values = self._divide(features)
        shape = (self.n_groups, values.shape[1])
        self.means_: FloatArray = np.zeros(shape)
        self.scales_: FloatArray = np.ones(shape)
        for group in np.unique(groups):
            own = values[groups == group].astype(np.float64)
            spread = own.std(axis=0)
            constant = spread <= _CONSTANT * np.maximum(np.abs(own).max(axis=0), 1)
            self.means_[group] = own.mean(axis=0)
            self.scales_[group] = np.where(constant, 1.0, spread)
        return self

    def transform(self, features: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Scale features by what was measured on the fitted ones.

        Parameters
        ----------
        features : ndarray of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        groups, values = self._divide(features)
        scaled = np.array(features, dtype=np.float32)
        for group in np.unique(groups):
            own = groups == group
            standard = (values[own] - self.means_[group]) / self.scales_[group]
            scaled[own, self.n_groups :] = standard
        return scaled

    def fit_transform(self, features: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Fit, then scale the same rows."""
        return self.fit(features).transform(features)

    def _divide(
        self, features: npt.NDArray[np.floating[Any]]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.floating[Any]]]:
        indicators = features[:, : self.n_groups]
        one_each = ((indicators == 0) | (indicators == 1)).all(axis=1)
        one_each &= indicators.sum(axis=1) == 1
        if not one_each.all():
            raise ValueError(
                f"row {int(np.argmin(one_each))} is not marked as one of {self.n_groups} groups"
            )
        groups: npt.NDArray[np.intp] = indicators.argmax(axis=1)
        return groups, features[:, self.n_groups :]
