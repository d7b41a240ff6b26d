"""The maximum of a log-likelihood, and how sharply it stands: parameters above zero, gradients given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats]]
"""Parameters (k,) -> the log-likelihood and its gradient (k,), of all cases together."""

STEP: Final = 1e-5
"""Of the logarithm of a parameter, for the curvature from differences of the gradient."""
FARTHEST: Final = 16.0
"""Logarithms of parameters are sought between -16 and 16: beyond, a parameter has run away."""
POLISHED: Final = 1e-13
LEVEL: Final = 1e-14


@dataclass(frozen=True)
class Maximum:
    """Where a log-likelihood is greatest.

    parameters  (k,)
    value       the log-likelihood there
    covariance  (k, k) of the LOGARITHMS of the parameters, the inverse of the observed information; NaN where it has none
    slope       the greatest derivative left, by the logarithm of a parameter and a case: next to 0 at a maximum
    """

    parameters: Floats
    value: float
    covariance: Floats
    slope: float


def maximise(likelihood: Likelihood, start: Floats, cases: float, *, near: bool = False) -> Maximum:
    """Find the maximum.

    Formula: quasi-Newton steps over the logarithms of the parameters, then Newton steps with the curvature taken from differences
        of the gradient.
    Shapes: start (k,), all above 0; cases = how many customers, which makes steps comparable; near: start is next to the maximum.
    Source: Nocedal and Wright (2006), Numerical Optimization, chapters 3 and 7.

    >>> found = maximise(lambda p: (-(p[0] - 3) ** 2, -2 * (p - 3)), np.array([1.0]), 1)
    >>> f"{found.parameters[0]:.6f}"
    '3.000000'
    """
    from scipy.optimize import minimize

    def lost(point: Floats) -> tuple[float, Floats]:
        at = np.exp(point)
        value, gradient = likelihood(at)
        return -value / cases, -gradient * at / cases

    point = np.log(start)
    if not near:
        bounds = [(-FARTHEST, FARTHEST)] * len(start)
        options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8, "maxcor": 20}
        point = np.asarray(minimize(lost, point, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)
    point, value, slope, curvature = _newton(lost, point)
    covariance = np.full((len(start), len(start)), np.nan)
    if np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature)[0] > 0:
        covariance = np.linalg.inv(curvature) / cases
    return Maximum(np.exp(point), -value * cases, covariance, float(np.abs(slope).max()))


def _newton(
    lost: Callable[[Floats], tuple[float, Floats]], point: Floats, steps: int = 12
) -> tuple[Floats, float, Floats, Floats]:
    """The point, value, gradient and curvature after Newton steps, as far as they still lead down."""
    value, slope = lost(point)
    curvature = _curvature(lost, point, slope)
    for _step in range(steps):
        if np.abs(slope).max() < POLISHED or not np.isfinite(curvature).all():
            break
        values, axes = np.linalg.eigh(curvature)
        # where the surface does not bend upward a Newton step would lead away: there it is held short
        step = -axes @ ((axes.T @ slope) / np.maximum(np.abs(values), 1e-8))
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        moved = _shortened(lost, point, value, slope, step)
        if moved is None:
            break
        far = float(np.abs(moved[0] - point).max())
        point, value, slope = moved
        if far > 1e-3:  # next to the maximum the curvature stays as it is
            curvature = _curvature(lost, point, slope)
    return point, value, slope, curvature


def _shortened(
    lost: Callable[[Floats], tuple[float, Floats]], point: Floats, value: float, slope: Floats, step: Floats
) -> tuple[Floats, float, Floats] | None:
    """The point, value and gradient after the step or as much of it as leads down; None if nothing does."""
    for part in (1.0, 0.5, 0.25, 0.1, 0.01):
        moved = np.clip(point + part * step, -FARTHEST, FARTHEST)
        reached, leads = lost(moved)
        # next to the maximum values differ in their last digit only: there the slope tells
        is_level = abs(reached - value) <= LEVEL * abs(value) and np.abs(leads).max() < np.abs(slope).max()
        if np.isfinite(reached) and (reached < value or is_level):
            return moved, reached, leads
    return None


def _curvature(lost: Callable[[Floats], tuple[float, Floats]], point: Floats, slope: Floats) -> Floats:
    found = np.array([(lost(point + axis)[1] - slope) / STEP for axis in np.eye(len(point)) * STEP])
    symmetric: Floats = (found + found.T) / 2
    return symmetric
