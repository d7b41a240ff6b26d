"""Why a model is not fitted: the data cannot carry it, and a number would only pretend that they do."""

from __future__ import annotations

from typing import Literal

from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import Message

Reason = Literal[
    "no_customers",
    "all_bought_once",
    "no_dropout",
    "same_dropout",
    "same_rates",
    "infinite_mean",
    "same_values",
    "no_maximum",
]


class CannotFit(CrmetricsError):
    """A model that the data do not determine. `reason` is for programs, the message for people."""

    def __init__(self, reason: Reason, message: Message) -> None:
        super().__init__(message)
        self.reason = reason
