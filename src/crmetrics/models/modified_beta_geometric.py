"""MBG/NBD: as BG/NBD, but a customer may leave after his first purchase already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crmetrics.models.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class ModifiedBetaGeometric(BetaGeometric):
    """The MBG/NBD model: who bought once may have left, too; in BG/NBD he is sure to be there.

    Formula: L = G(r+x) alpha^r / G(r) { B(a, b+x+1) / B(a, b) (alpha+T)^-(r+x) + B(a+1, b+x) / B(a, b) (alpha+t_x)^-(r+x) };
        P(alive) and purchases as BG/NBD with one more purchase survived
    Source: Batislam, Denizel and Filiztekin (2007), Int. J. of Research in Marketing 24(3), 201-209.

    >>> model = ModifiedBetaGeometric(r=0.5248, alpha=6.1831, a=0.8914, b=1.6140)
    >>> f"{float(model.expected_purchases(52)):.3f} {float(model.no_purchase(52)):.4f}"
    '1.419 0.5544'
    """

    TITLE: ClassVar[str] = "MBG/NBD"
    AT_FIRST: ClassVar[int] = 1
