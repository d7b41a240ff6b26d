"""What a viewer sees: rights, filters and as-of, one frozen value that is part of every cache key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

Sees = Literal["self", "team", "all"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and whose rows may be seen: his own, his team's, or all. A person is linked to an employee.

    is_masked  names, e-mails and telephone numbers of customers are shown as their first and last signs only

    The name says who it is; two viewers who see the same are the same, so that an answer is worked out once for both.
    """

    name: str = field(compare=False)
    sees: Sees = "self"
    employee_id: str | None = None
    is_masked: bool = False
    person: int = field(default=0, compare=False)
    """Whose segments he may name: his number among the people of the workspace, 0 for none of them."""


ADMINISTRATOR: Final = Viewer("administrator", "all")
"""The viewer of the command line: whoever can read the workspace's files can read all of it anyway."""


SEGMENT: Final = "segment"
"""The filter by customers whom somebody kept as a segment: its values are the numbers of segments."""


@dataclass(frozen=True, slots=True)
class Members:
    """The customers whom a filter by segments means. Two are the same if they hold the same customers under the same titles.

    mark    of the customers' ids, whatever their order
    titles  number of each segment -> its title
    """

    mark: str
    titles: tuple[tuple[str, str], ...]
    ids: tuple[str, ...] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose dimension has one of these values; None stands for blank.

    members  of a filter by segments: who is in them, once that is worked out
    """

    dimension: str
    values: tuple[str | None, ...]
    members: Members | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a question may read. `as_of` is a UTC instant, None for the moment up to which the data reach."""

    viewer: Viewer = ADMINISTRATOR
    filters: tuple[Filter, ...] = ()
    as_of: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden: all rows, no filter, no mask."""
        return self.viewer.sees == "all" and not self.filters and not self.viewer.is_masked
