"""Boosted trees, by LightGBM where the machine can load it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.vocabulary.errors import NoEngine
from crmetrics.vocabulary.language import words

Floats = NDArray[np.float64]

_ = words("crmetrics")

ROUNDS: Final = 120
SETTINGS: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 3.0,
    "lambda_l2": 1.0,
    "max_bin": 63,
    # the same cases give the same trees: one thread, one way to count, one seed
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 20_260_101,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Boosted:
    """Trees whose leaves sum to log odds."""

    _trees: Any

    @classmethod
    def fit(cls, columns: Floats, outcome: Floats, weight: Floats) -> Self:
        """Grow trees one after the other, each towards what those before have left.

        Formula: F = F + 0.05 x tree fitted to the gradient of the log loss, 120 times, 15 leaves each.
        Shapes: columns (n, p), outcome (n,) of 0 and 1, weight (n,). Raises NoEngine where LightGBM cannot be loaded.
        Source: Friedman (2001), Annals of Statistics 29(5), 1189-1232; Ke et al. (2017), LightGBM.

        >>> x = np.linspace(-3, 3, 400)[:, None]
        >>> found = Boosted.fit(x, (np.abs(x[:, 0]) < 1).astype(float), np.ones(400))
        >>> (found.log_odds(np.array([[0.0], [2.0]])) > 0).tolist()
        [True, False]
        """
        if not is_available():
            raise NoEngine(
                _("LightGBM cannot be loaded. Install what it needs with: {command}", command="apt install libgomp1")
            )
        import lightgbm

        cases = lightgbm.Dataset(columns, label=outcome, weight=weight, params=SETTINGS, free_raw_data=True)
        return cls(lightgbm.train(SETTINGS, cases, num_boost_round=ROUNDS))

    def log_odds(self, columns: Floats) -> Floats:
        """The log odds (n,) of cases with these columns (n, p)."""
        return np.asarray(self._trees.predict(columns, raw_score=True), dtype=np.float64)

    def contributions(self, columns: Floats) -> Floats:
        """What each column adds to the log odds of an average case: (n, p), by Shapley values of the trees.

        Source: Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67.
        """
        found: Floats = np.asarray(self._trees.predict(columns, pred_contrib=True), dtype=np.float64)[:, :-1]
        return found


@cache
def is_available() -> bool:
    """Whether LightGBM can be loaded: it needs the system's libgomp1."""
    try:
        import lightgbm  # noqa: F401  loading it is the question
    except (ImportError, OSError):
        return False
    return True
