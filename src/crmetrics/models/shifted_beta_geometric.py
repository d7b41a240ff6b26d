"""sBG: contracts that may end at each renewal, each with a chance of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.buying_model import Estimated, unknown_covariance
from crmetrics.models.columns import Floats, columns
from crmetrics.models.maximum import Likelihood, maximise
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("customers")

RUN_AWAY: Final = 1e4


@dataclass(frozen=True)
class ShiftedBetaGeometric(Estimated):
    """The shifted beta-geometric model: at each renewal a contract ends with a chance of its own, beta(a, b) between contracts. Those
    who are likely to end go first, so the share that is kept rises with age although nobody changes.

    Formula: P(T=1) = a / (a+b), P(T=t) = P(T=t-1) (b+t-2) / (a+b+t-1); S(t) = B(a, b+t) / B(a, b); kept at t: (b+t-1) / (a+b+t-1)
    Source: Fader and Hardie (2007), J. of Interactive Marketing 21(1), 76-90.

    >>> model = ShiftedBetaGeometric(a=1.0, b=1.0)
    >>> model.survival([0, 1, 2, 3]).round(4).tolist(), model.kept([1, 2, 3]).round(4).tolist()
    ([1.0, 0.5, 0.3333, 0.25], [0.5, 0.6667, 0.75])
    """

    NAMES: ClassVar[tuple[str, ...]] = ("a", "b")

    a: float
    b: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(2), repr=False, compare=False)

    @classmethod
    def fit(cls, renewal: Any, gone: Any, running: Any) -> Self:
        """Find the parameters by maximum likelihood, from counts as the Kaplan-Meier estimate takes them.

        Formula: LL = sum over t of gone_t ln P(T=t) + running_t ln S(t).
        Shapes: renewal (m,) 0, 1, 2, ..; gone (m,) contracts that ended AT that renewal (from 1 on); running (m,) contracts that run
            and have passed that renewal as their last one so far (0: not yet renewed).
        Raises BadValue for counts that cannot be, CannotFit where nobody left, all did at once, or chances cannot be told apart.

        >>> kept = [869, 743, 653, 593, 551, 517, 491]
        >>> lost = [1000 - 869, 869 - 743, 743 - 653, 653 - 593, 593 - 551, 551 - 517, 517 - 491]
        >>> model = ShiftedBetaGeometric.fit(range(1, 8), lost, [0, 0, 0, 0, 0, 0, 491])
        >>> f"{model.a:.4f} {model.b:.4f} {model.log_likelihood:.2f}"
        '0.6681 3.8061 -1611.16'
        """
        t, d, c = columns(renewal=renewal, gone=gone, running=running)
        if ((t < 0) | (t != np.floor(t)) | (d < 0) | (c < 0) | ((t < 1) & (d > 0))).any():
            raise BadValue(
                _("Renewals are whole numbers and counts are 0 or more; a contract ends at its first renewal or later.")
            )
        if not d.sum():
            raise CannotFit("no_dropout", _("No contract has ended yet: nothing tells how long they last."))
        found = maximise(_likelihood(t, d, c), np.array([1.0, 1.0]), float(d.sum() + c.sum()))
        a, b = found.parameters
        if a + b > RUN_AWAY or not np.isfinite(found.value):
            raise CannotFit(
                "same_rates",
                _("All contracts end with the same chance: they cannot be told apart by the renewals seen."),
            )
        return cls(float(a), float(b), found.value, float(d.sum() + c.sum()), found.covariance)

    def ending(self, renewal: ArrayLike) -> Floats:
        """P(T = t): the share that ends at a renewal, broadcast shape; 0 before the first."""
        t = np.asarray(renewal, dtype=np.float64)
        ends: Floats = np.where(t >= 1, np.exp(_log_ending(self.a, self.b, np.maximum(t, 1))), 0.0)
        return ends

    def survival(self, renewal: ArrayLike) -> Floats:
        """S(t): the share that runs after a renewal, broadcast shape."""
        return np.asarray(
            np.exp(_log_survival(self.a, self.b, np.asarray(renewal, dtype=np.float64))), dtype=np.float64
        )

    def kept(self, renewal: ArrayLike) -> Floats:
        """S(t) / S(t-1): of those still there, the share that renews, broadcast shape."""
        t = np.asarray(renewal, dtype=np.float64)
        kept: Floats = (self.b + t - 1) / (self.a + self.b + t - 1)
        return kept

    def renewals_left(self, renewal: ArrayLike, discount: float = 0.1) -> Floats:
        """Renewals to come, those further off worth less, of a contract that has passed t renewals (DERL), broadcast shape.

        Formula: (b+t) / (a+b+t) 2F1(1, b+t+1; a+b+t+1; 1 / (1+d)); the renewal that is due now counts in full.
        Source: Fader and Hardie (2010), Marketing Science 29(1), 85-93.
        """
        from scipy.special import hyp2f1

        t = np.asarray(renewal, dtype=np.float64)
        left: Floats = (
            (self.b + t)
            / (self.a + self.b + t)
            * hyp2f1(1, self.b + t + 1, self.a + self.b + t + 1, 1 / (1 + discount))
        )
        return left


def _log_survival(a: float, b: float, t: Floats) -> Floats:
    from scipy.special import betaln

    found: Floats = betaln(a, b + t) - betaln(a, b)
    return found


def _log_ending(a: float, b: float, t: Floats) -> Floats:
    from scipy.special import betaln

    found: Floats = betaln(a + 1, b + t - 1) - betaln(a, b)
    return found


def _likelihood(t: Floats, d: Floats, c: Floats) -> Likelihood:
    from scipy.special import digamma

    ended, runs = t[d > 0], t[c > 0]
    lost, stay = d[d > 0], c[c > 0]

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        a, b = parameters
        value = lost @ _log_ending(a, b, ended) + stay @ _log_survival(a, b, runs)
        both, of_both = digamma(a + b + ended), digamma(a + b)
        far = digamma(a + b + runs)
        gradient = (
            lost @ (digamma(a + 1) - both - digamma(a) + of_both) + stay @ (of_both - far),
            lost @ (digamma(b + ended - 1) - both - digamma(b) + of_both)
            + stay @ (digamma(b + runs) - far - digamma(b) + of_both),
        )
        return float(value), np.array(gradient)

    return likelihood
