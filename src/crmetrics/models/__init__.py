"""Mathematics: arrays in, frozen results out; no table, no file, no clock."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmetrics.models.beta_geometric import BetaGeometric as BetaGeometric
    from crmetrics.models.beta_geometric_beta_binomial import BetaGeometricBetaBinomial as BetaGeometricBetaBinomial
    from crmetrics.models.gamma_gamma import GammaGamma as GammaGamma
    from crmetrics.models.gamma_poisson import GammaPoisson as GammaPoisson
    from crmetrics.models.kaplan_meier import KaplanMeier as KaplanMeier
    from crmetrics.models.modified_beta_geometric import ModifiedBetaGeometric as ModifiedBetaGeometric
    from crmetrics.models.pareto_nbd import ParetoNbd as ParetoNbd
    from crmetrics.models.refusal import CannotFit as CannotFit
    from crmetrics.models.shifted_beta_geometric import ShiftedBetaGeometric as ShiftedBetaGeometric

_HOMES = {
    "BetaGeometric": "beta_geometric",
    "BetaGeometricBetaBinomial": "beta_geometric_beta_binomial",
    "CannotFit": "refusal",
    "GammaGamma": "gamma_gamma",
    "GammaPoisson": "gamma_poisson",
    "KaplanMeier": "kaplan_meier",
    "ModifiedBetaGeometric": "modified_beta_geometric",
    "ParetoNbd": "pareto_nbd",
    "ShiftedBetaGeometric": "shifted_beta_geometric",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """A model is loaded when it is first named, so that a plain question loads none."""
    if name not in _HOMES:
        raise AttributeError(f"crmetrics.models has no {name!r}; it has {', '.join(sorted(__all__))}")
    return getattr(import_module(f"crmetrics.models.{_HOMES[name]}"), name)
