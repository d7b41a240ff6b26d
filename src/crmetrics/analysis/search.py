"""Looking for customers and deals by a part of their name, or by their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.vocabulary.spelling import folded
from crmetrics.warehouse.warehouse import Warehouse

MOST: Final = 20
FOLDED_UP_TO: Final = 50_000
"""Up to so many names each is compared without capitals and marks; of more the engine looks for the usual spellings."""

_SOUGHT: Final[Mapping[str, tuple[str, str, str]]] = {
    "customers": ("customer_id", "name", "coalesce(city, '')"),
    "deals": ("deal_id", "name", "coalesce(stage, '')"),
}
"""The key, the name and the word more of what is looked for."""


_SUGGESTED: Final[Mapping[str, str]] = {
    "customers": """
        select c.customer_id as id, coalesce(c.name, c.customer_id) as name, o.last_at as told
        from (
            select customer_id, max(ordered_at) as last_at
            from orders
            where customer_id is not null and ordered_at < $as_of and not coalesce(is_cancelled, false)
            group by customer_id
        ) o
        join customers c on c.customer_id = o.customer_id
        order by told desc, id
        limit 8
    """,
    "newest": """
        select customer_id as id, coalesce(name, customer_id) as name, created_at as told
        from customers
        order by told desc nulls last, id
        limit 8
    """,
    "deals": """
        select deal_id as id, coalesce(name, deal_id) as name, converted(amount, company_rate) as told
        from deals
        where is_won is null
        order by told desc nulls last, id
        limit 8
    """,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found: its key, its name, a word more to tell it from others, and the customer it is of, if known."""

    id: str
    name: str
    more: str
    customer: str


def hits_of(warehouse: Warehouse, table: str, typed: str, most: int = MOST) -> tuple[Hit, ...]:
    """Rows of customers or deals whose name holds every word typed, or whose number is what was typed; that one first.

    At most so many are given.
    """
    key, name, more = _SOUGHT[table]
    words = typed.split()
    if not words or not warehouse.profile.rows(table):
        return ()
    select = f"select {key} as id, coalesce({name}, {key}) as name, {more} as more, coalesce(customer_id, '') as customer from {table}"
    by_key = _hits(warehouse, f"{select} where {key} = $typed", typed=typed.strip())
    if warehouse.profile.rows(table) <= FOLDED_UP_TO:
        wanted = [folded(word) for word in words]
        rows = _hits(warehouse, f"{select} order by 2, 1")
        found = [hit for hit in rows if all(word in folded(hit.name) for word in wanted)]
    else:
        spelled = {
            f"w{place}_{number}": text
            for place, word in enumerate(words)
            for number, text in enumerate(_spellings(word))
        }
        each = [
            " or ".join(f"contains({name}, ${label})" for label in spelled if label.startswith(f"w{place}_"))
            for place in range(len(words))
        ]
        where = " and ".join(f"({condition})" for condition in each)
        found = _hits(warehouse, f"{select} where {where} order by 2, 1 limit {most}", **spelled)
    # whose name begins with it stands before those that only hold it
    found.sort(key=lambda hit: not folded(hit.name).startswith(folded(words[0])))
    return tuple(dict.fromkeys([*by_key, *found]))[:most]


def is_there(warehouse: Warehouse, table: str, number: str) -> bool:
    """Whether there is a customer or a deal of exactly that number, as far as the viewer sees."""
    key = _SOUGHT[table][0]
    found = warehouse.query(f"select count(*) as n from {table} where {key} = $number", number=number)
    return bool(found.one()["n"])


def there_of(warehouse: Warehouse, table: str, numbers: Collection[str]) -> frozenset[str]:
    """Those of these numbers that are of customers, or of deals, whom the viewer sees."""
    if not numbers:
        return frozenset()
    key = _SOUGHT[table][0]
    asked = {f"number_{place}": number for place, number in enumerate(numbers)}
    sql = f"select {key} as id from {table} where {key} in ({', '.join(f'${name}' for name in asked)})"
    return frozenset(warehouse.query(sql, period=None, by="", of="", moment=None, **asked).values("id"))


@dataclass(frozen=True, slots=True)
class Suggested:
    """A row to begin with: its key, its name, and the UTC moment or the amount of company money for which it stands there."""

    id: str
    name: str
    told: Any


def suggested(warehouse: Warehouse, table: str) -> tuple[Suggested, ...]:
    """What to begin with where nothing is sought yet: the customers who ordered last, or the newest where there are no orders;
    the largest open deals."""
    profile = warehouse.profile
    if not profile.rows(table):
        return ()
    begin = "newest" if table == "customers" and not profile.rows("orders") else table
    return tuple(Suggested(**row) for row in warehouse.query(_SUGGESTED[begin]).records())


def _hits(warehouse: Warehouse, sql: str, **values: str) -> list[Hit]:
    rows = warehouse.query(sql, period=None, by="", of="", moment=None, **values)
    return [
        Hit(*each) for each in zip(*(rows.values(name) for name in ("id", "name", "more", "customer")), strict=True)
    ]


def _spellings(word: str) -> tuple[str, ...]:
    """How a word may stand in a name: as typed, large, small and as a name, also as Turkish has it."""
    turkish_large = word.replace("i", "İ").replace("ı", "I").upper()
    turkish_small = word.replace("İ", "i").replace("I", "ı").lower()
    turkish_name = turkish_large[:1] + turkish_small[1:]
    found = (word, word.upper(), word.lower(), word.title(), turkish_large, turkish_small, turkish_name)
    return tuple(dict.fromkeys(found))
