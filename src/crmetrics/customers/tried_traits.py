"""Which traits of customers are tried as marks of those who leave."""

from __future__ import annotations

from dataclasses import dataclass

from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.customers.leaver_rows import mark_of
from crmetrics.customers.trait_names import answers_told, named
from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.rows import Rows


@dataclass(frozen=True, slots=True)
class Tried:
    """A trait that enough customers have, and enough have not: how many there are of both, and how many of them were lost."""

    name: Message
    mark: str
    n_with: int
    lost_with: int
    n_without: int
    lost_without: int


def tried_traits(rows: Rows) -> tuple[list[Tried], int]:
    """The traits to be tried, of rows of trait, answer, customers and lost; and how many are left out for too few customers."""
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for row in rows.records():
        if row["trait"] and row["answer"] is not None:
            counts.setdefault(row["trait"], {})[row["answer"]] = (int(row["customers"]), int(row["lost"]))
    tried, small = [], 0
    for trait, answers in counts.items():
        n, lost = (sum(each) for each in zip(*answers.values(), strict=True))
        for answer in answers_told(answers):
            own, own_lost = answers[answer]
            if min(own, n - own) < PLAIN_FROM:
                small += 1
            else:
                tried.append(
                    Tried(named(trait, answer), mark_of(trait, answer), own, own_lost, n - own, lost - own_lost)
                )
    return tried, small
