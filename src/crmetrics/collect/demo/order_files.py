"""The files of orders and order lines, and the faults of real exports that stand in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Flags, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import customer_number
from crmetrics.collect.demo.lines import Lines, Part
from crmetrics.collect.demo.orders import FIRST_UNKNOWN
from crmetrics.collect.demo.pipeline import deal_number
from crmetrics.collect.demo.place import Place
from crmetrics.collect.demo.products import product_number
from crmetrics.collect.demo.sheet import (
    Amount,
    Cell,
    Count,
    EitherOr,
    Fixed,
    Moment,
    Number,
    Overwritten,
    Pick,
    Sheet,
    Yes,
)
from crmetrics.collect.demo.span import epoch_day

FAR_NUMBER: Final = 9_999_999
"""The number of the order dated in 2099."""
FAR_MOMENT: Final = epoch_day(date(2099, 12, 31)) * DAY + 12 * HOUR
BAD_AMOUNTS: Final = 3


@dataclass
class Faults:
    """Cells that no import can read, as truth.json lists them: the row is counted with the header as row 1."""

    place: Place
    cells: list[dict[str, object]] = field(default_factory=list)

    def note(self, sheet: Sheet) -> Sheet:
        """Remember the faults of a sheet about to be written."""
        for fault in sheet.overwritten:
            self.cells.append(
                {
                    "file": sheet.file,
                    "row": fault.row + 2,
                    "table": sheet.table,
                    "column": self.place.header(fault.column),
                    "canonical_column": fault.column,
                    "value": fault.text,
                }
            )
        return sheet


def orders_sheet(blueprint: Blueprint, part: Part, campaign: Ints) -> Sheet:
    """Orders of a part, then its returns; the first part ends with the order dated in 2099."""
    orders, returns, place = part.orders, part.returns, blueprint.place
    far = _far_order(part)
    row = np.concatenate([np.arange(orders.count), returns.original, far])
    is_return = np.arange(len(row)) - orders.count
    is_back = (is_return >= 0) & (is_return < len(returns.original))
    is_far = is_return >= len(returns.original)
    at = np.concatenate([orders.at, returns.at, np.full(len(far), FAR_MOMENT)])
    number = np.where(is_far, FAR_NUMBER, part.start + row + 1)
    other = is_back | is_far
    cells: dict[str, Cell] = {
        "order_id": EitherOr(is_back, Number("R", number), Number("S", number)),
        "customer_id": customer_number(orders.customer[row]),
        "ordered_at": Moment(at),
        "is_cancelled": Yes(orders.is_cancelled[row] & ~other, place.habits),
        "returns_order_id": Number("S", np.where(is_back, number, BLANK)),
        "currency": Pick(place.money.codes, orders.currency[row]),
        "channel": Pick(place.lists["channels"], orders.channel[row]),
        "owner_id": Number("E", orders.owner[row], 4),
        "campaign_id": Number("CP", np.where(other, BLANK, campaign[row]), 3),
        "deal_id": deal_number(np.where(other, BLANK, orders.deal[row])),
        "country": Fixed(place.habits.country),
        "region": Pick(list(place.cities.values()), orders.city[row]),
        "city": Pick(list(place.cities), orders.city[row]),
    }
    words = place.habits.bad_dates
    faults = [Overwritten("ordered_at", int(at), words[n % len(words)]) for n, at in enumerate(orders.bad_dates)]
    return Sheet("orders", ("order_id",), len(row), cells, part=part.number, overwritten=faults)


def _far_order(part: Part) -> Ints:
    """The order whose twin is dated in 2099: an ordinary one of the first part, so that its customer is no new buyer."""
    if part.number != 1:
        return np.array([], dtype=np.int64)
    return np.flatnonzero(_plain(part))[-1:]


def _plain(part: Part) -> Flags:
    """Orders without anything special: kept, paid in company currency by a listed customer, nothing brought back."""
    orders = part.orders
    plain: Flags = ~orders.is_cancelled & orders.is_readable & (orders.currency == 0) & (orders.deal == BLANK)
    plain &= (orders.customer != BLANK) & (orders.customer < FIRST_UNKNOWN) & (orders.lines >= 3)
    plain[part.returns.original] = False
    return plain


def bad_amounts(part: Part) -> Ints:
    """Places of the lines of a part whose amount cannot be read: second lines of plain orders of the first part."""
    if part.number != 1:
        return np.array([], dtype=np.int64)
    second = np.flatnonzero(_plain(part)[part.lines.order] & (part.lines.number == 2))
    return second[5 :: max(1, len(second) // (2 * BAD_AMOUNTS))][:BAD_AMOUNTS]


def order_lines_sheet(blueprint: Blueprint, part: Part) -> Sheet:
    """Lines of a part, then those of its returns; the first part ends with the line of the order dated in 2099."""
    far = np.isin(part.lines.order, _far_order(part)) & (part.lines.number == 1)
    groups = [part.lines, part.returns.lines, part.lines.where(far)]
    both = {name: np.concatenate([vars(group)[name] for group in groups]) for name in vars(part.lines)}
    lines = Lines(**both)
    kind = np.repeat(np.arange(3), [group.count for group in groups])
    order = np.concatenate([part.lines.order, part.returns.original[part.returns.lines.order], groups[2].order])
    number = np.where(kind == 2, FAR_NUMBER, part.start + order + 1)
    cells: dict[str, Cell] = {
        "order_id": EitherOr(kind == 1, Number("R", number), Number("S", number)),
        "line_no": Count(lines.number),
        "product_id": product_number(lines.product),
        "quantity": Count(lines.quantity),
        "unit_price": Amount(lines.unit_price),
        "discount": Amount(lines.discount),
        "net_amount": Amount(lines.net),
        "cost_amount": Amount(lines.cost),
        "tax_amount": Amount(lines.tax),
    }
    words = blueprint.place.habits.bad_amounts
    faults = [Overwritten("net_amount", int(at), words[n % len(words)]) for n, at in enumerate(bad_amounts(part))]
    return Sheet("order_lines", ("order_id", "line_no"), lines.count, cells, part=part.number, overwritten=faults)
