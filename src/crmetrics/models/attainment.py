"""How far a target is reached."""

from __future__ import annotations

from typing import Final, Literal

Status = Literal["on", "close", "behind"]

CLOSE_FROM: Final = 0.9
ROUNDING: Final = 1e-9
"""A target reached to the cent must not be missed by the last bit."""


def attainment(actual: float, target: float, better: str | None = "higher") -> float | None:
    """Give the reached share of a target.

    Formula: actual / target; for what had better be low target / actual. None where the divisor is 0.
    Shapes: two numbers of one unit; 1 = reached.
    Source: `kpis.target_attainment` of docs/analyses.md.

    >>> attainment(60, 200), attainment(4, 2, "lower"), attainment(5, 0)
    (0.3, 0.5, None)
    """
    above, below = (target, actual) if better == "lower" else (actual, target)
    return above / below if below else None


def status_of(actual: float, expected: float, better: str | None = "higher") -> Status | None:
    """Tell how a figure stands against what was to be expected by now.

    Formula: attainment of the expected: on >= 100 %, close >= 90 %, else behind. Of what had better be low nothing at all is on.
    Shapes: two numbers of one unit; None where nothing was expected.
    Source: `kpis.target_attainment` of docs/analyses.md.

    >>> status_of(60, 50), status_of(46, 50), status_of(40, 50), status_of(0, 5, "lower")
    ('on', 'close', 'behind', 'on')
    """
    if better == "lower" and not actual:
        return "on"
    reached = attainment(actual, expected, better)
    if reached is None:
        return None
    if reached >= 1 - ROUNDING:
        return "on"
    return "close" if reached >= CLOSE_FROM - ROUNDING else "behind"
