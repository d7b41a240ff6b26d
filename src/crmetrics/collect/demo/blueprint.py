"""What is to be drawn: the company, its years, its size and the seed that makes it the same again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from crmetrics.collect.demo.place import Place
from crmetrics.collect.demo.span import Span


@dataclass(frozen=True)
class Blueprint:
    """The plan of one demo company; `lines` is the number of order lines it is made for (met within a few percent)."""

    place: Place
    span: Span
    lines: int
    seed: int

    def draws(self, what: str) -> np.random.Generator:
        """A stream of its own for every table, so that drawing more of one changes nothing in another."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(what.encode())])))
