"""Weights learned from the company's own pairs, held near what is known of customers in general."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

import duckdb

from crmetrics.clean.duplicates.candidates import cap
from crmetrics.clean.duplicates.fields import Field
from crmetrics.clean.duplicates.on_splink import learned_m, sampled_u
from crmetrics.clean.duplicates.shares import Shares, of_one

SAMPLED: Final = 100_000
"""So many random pairs tell how often fields are alike by chance."""

TRAINED: Final = 500_000
"""So many pairs at most are learned from, for each key."""

HELD: Final = 0.1
"""So much of what was learned is replaced by the default: EM may give a level no share at all."""

FOUND: Final = 0.7
"""So many of the duplicates are taken to agree in two of the things by which a customer is told."""

LEARN_FROM: Final = (
    ("mail", "email"),
    ("phone", "phone"),
    ("tax", "tax_number"),
    ("born", "born_on"),
    ("name_key", "name"),
)
"""Columns whose agreeing pairs m is learned from, and the field that each of them says nothing about."""

ENOUGH: Final = 200
"""Pairs that a key must give to be learned from."""


@dataclass(frozen=True, slots=True)
class Learning:
    """Learns from the candidate pairs of a table of records; `rows` is how many records there are."""

    connection: duckdb.DuckDBPyConnection
    records: str
    rows: int
    fields: Sequence[Field]

    def learn(self, defaults: Shares) -> Shares:
        """Learn the share of matches, then u from random pairs, then m by EM with u as it is."""
        match = self._share_of_matches(defaults.match)
        u = self._u(replace(defaults, match=match))
        start = Shares(defaults.m, u, match)
        return Shares(self._m(start), u, match, is_learned=True)

    def _share_of_matches(self, default: float) -> float:
        """The share of pairs that agree in two things by which a customer is told, made up for those that do not."""
        telling = [field for field in self.fields if field.name in ("email", "phone", "tax_number", "born_on", "name")]
        if len(telling) < 2:
            return default
        agree = " + ".join(f"coalesce((l.{field.column} = r.{field.column})::int, 0)" for field in telling)
        found = self.connection.execute(
            f"select count(*) from candidates as c join {self.records} as l on l.unique_id = c.join_key_l "
            f"join {self.records} as r on r.unique_id = c.join_key_r where {agree} >= 2"
        ).fetchall()[0][0]
        return max(int(found) / FOUND, 1.0) / (self.rows * (self.rows - 1) / 2)

    def _u(self, shares: Shares) -> dict[str, list[float]]:
        """u: what random pairs show, or what follows from how often each value stands, less the matches among them.

        What no pair shows is rarer than one in twice as many.
        """
        pairs = min(SAMPLED, self.rows * (self.rows - 1) / 2)
        sampled = sampled_u(self.connection, self.records, self.fields, shares, SAMPLED)
        found = {}
        for field in self.fields:
            before = 0.0
            pure = []
            for level, share, m in zip(field.levels, sampled[field.name], shares.m[field.name], strict=True):
                least = 0.5 / pairs
                if level.equal:
                    share = self._equal_by_chance(level.equal) - before
                    before, least = before + share, 0.5 / (self.rows * (self.rows - 1) / 2)
                pure.append(max((share - shares.match * m) / (1 - shares.match), least))
            found[field.name] = of_one(pure)
        return found

    def _equal_by_chance(self, column: str) -> float:
        """How often two records that have the column agree in it, duplicates among them."""
        found = self.connection.execute(
            f"select coalesce(sum(n * (n - 1)) / nullif(sum(n) * (sum(n) - 1), 0), 0) from (select count(*)::double as n "
            f"from {self.records} where {column} is not null group by {column})"
        ).fetchall()
        return float(found[0][0])

    def _m(self, shares: Shares) -> dict[str, list[float]]:
        """m: the mean of what the pairs of each key tell of the other fields, held near the defaults."""
        told: dict[str, list[list[float]]] = {field.name: [] for field in self.fields}
        for column, silent in LEARN_FROM:
            if silent not in told or cap(self.connection, self.records, column) < ENOUGH:
                continue
            others = [field for field in self.fields if field.name != silent]
            found = learned_m(self.connection, self.records, others, shares, f"k_{column}", TRAINED)
            for name, levels in found.items():
                if sum(levels) > 0 and levels[-1] < 0.5:  # what differs in most pairs was not learned from duplicates
                    told[name].append(of_one(levels))
        return {
            name: [
                default if not lists else (1 - HELD) * fmean(each[place] for each in lists) + HELD * default
                for place, default in enumerate(shares.m[name])
            ]
            for name, lists in told.items()
        }
