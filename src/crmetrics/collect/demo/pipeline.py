"""The files about deals: stages, deals, their visits of stages, and what was changed in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Floats, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import customer_number
from crmetrics.collect.demo.deals import LEAK_PRICE, LOST, PRICE, PROBABILITIES, STAGE_OF_SLOT, WON, Deals, is_leaking
from crmetrics.collect.demo.sheet import (
    Amount,
    Cell,
    Choice,
    Count,
    Day,
    EitherOr,
    FirstGiven,
    Fixed,
    Glued,
    Moment,
    Number,
    Percent,
    Pick,
    Sheet,
)


@dataclass(frozen=True)
class Expectations:
    """What reps typed into their deals: close dates (epoch days), chances (percent), the competitors they met, why they lost."""

    close_on: Ints
    percent: Ints
    competitor: Ints
    second_competitor: Ints
    reason: Ints


def deal_number(places: Ints) -> Number:
    """The deal's number as the exports write it."""
    return Number("D", np.where(places == BLANK, BLANK, places + 1))


def draw_expectations(blueprint: Blueprint, deals: Deals) -> Expectations:
    """Close dates near the truth for decided deals, often past for open ones; some never typed."""
    rng, count = blueprint.draws("expectations"), deals.count
    decided_on = deals.closed_at // DAY + np.rint(8 * rng.standard_normal(count)).astype(np.int64)
    guessed_on = deals.created_at // DAY + rng.integers(20, 110, count)
    close_on = np.where(deals.is_decided, np.maximum(decided_on, deals.created_at // DAY), guessed_on)
    usual = np.array([0, *PROBABILITIES, 100, 0])[deals.stage]
    typed = np.clip(usual + 5 * rng.integers(-2, 3, count), 5, 95)
    percent = np.where(deals.is_decided, usual, np.where(rng.random(count) < 0.25, BLANK, typed))
    meets = rng.random(count) < np.where(deals.outcome == LOST, 0.4, 0.15)
    competitor = np.where(meets, rng.integers(0, 4, count), BLANK)
    second = np.where(meets & (rng.random(count) < 0.2), (competitor + 1) % 4, BLANK)
    stays_blank = rng.random(count) < 0.05
    return Expectations(
        np.where(stays_blank, BLANK, close_on), percent, competitor, second, _draw_reasons(blueprint, deals)
    )


def _draw_reasons(blueprint: Blueprint, deals: Deals) -> Ints:
    """Why deals were lost, blank for some. Where the leaking source loses at the leaking stage it is the price, mostly."""
    rng, count = blueprint.draws("loss reasons"), deals.count
    usual = rng.integers(0, 6, count)
    is_price = is_leaking(deals) & (rng.random(count) < LEAK_PRICE)
    told = np.where(is_price, PRICE, usual)
    return np.where((deals.outcome == LOST) & (rng.random(count) > 0.12), told, BLANK)


def stages_sheet(blueprint: Blueprint) -> Sheet:
    """Five open stages, won and lost."""
    place = blueprint.place
    order = np.arange(7, dtype=np.int64)
    cells: dict[str, Cell] = {
        "pipeline": Fixed("main"),
        "stage": Pick(place.lists["stages"], order),
        "stage_no": Count(order + 1),
        "kind": Choice(place.values["stage_kind"], np.array([0, 0, 0, 0, 0, 1, 2])),
        "probability": Percent(np.array([*PROBABILITIES, 100, 0])),
    }
    return Sheet("stages", ("stage",), 7, cells)


def deals_sheet(blueprint: Blueprint, deals: Deals, typed: Expectations, campaign: Ints) -> Sheet:
    """The list of deals. `campaign`: the number of the campaign that brought each, BLANK for most."""
    rng, place, count = blueprint.draws("deal list"), blueprint.place, deals.count
    lists = place.lists
    one = Pick(lists["competitors"], typed.competitor)
    both = Glued([one, "; ", Pick(lists["competitors"], typed.second_competitor)])
    cities = list(place.cities)
    cells: dict[str, Cell] = {
        "deal_id": deal_number(np.arange(count)),
        "customer_id": customer_number(deals.customer),
        "owner_id": Number("E", deals.owner, 4),
        "pipeline": Fixed("main"),
        "stage": Pick(lists["stages"], deals.stage - 1),
        "name": Glued(
            [
                Pick(lists["deal_subjects"], rng.integers(0, 6, count)),
                " - ",
                Pick(cities, rng.integers(0, len(cities), count)),
            ]
        ),
        "source": Pick(lists["sources"], deals.source),
        "campaign_id": Number("CP", campaign, 3),
        "amount": Amount(deals.amount, is_grouped=True),
        "currency": Pick(place.money.codes, deals.currency),
        "probability": Percent(typed.percent),
        "forecast_category": Choice(place.values["forecast"], _forecast(rng, deals, typed.percent)),
        "created_at": Moment(deals.created_at),
        "expected_close_on": Day(typed.close_on),
        "closed_at": Moment(deals.closed_at),
        "is_won": Choice(place.values["stage_kind"], deals.outcome, {"won": "true", "lost": "false"}),
        "loss_reason": Pick(lists["loss_reasons"], typed.reason),
        "competitor": EitherOr(typed.second_competitor != BLANK, both, one),
    }
    return Sheet("deals", ("deal_id",), count, cells)


def _forecast(rng: np.random.Generator, deals: Deals, percent: Ints) -> Ints:
    """Places in the list of forecast categories: by the typed chance, closed and omitted for decided deals."""
    by_chance = np.searchsorted(np.array([40, 60, 100]), percent, side="right")
    by_chance = np.where((percent == BLANK) | (rng.random(deals.count) < 0.2), BLANK, by_chance)
    return np.where(deals.outcome == WON, 3, np.where(deals.outcome == LOST, 4, by_chance))


def deal_stages_sheet(blueprint: Blueprint, deals: Deals) -> Sheet:
    """Every visit of a stage, the end included."""
    deal, slot = np.nonzero(deals.slots)
    stage = np.where(slot == 7, np.where(deals.outcome[deal] == WON, 6, 7), STAGE_OF_SLOT[slot])
    cells: dict[str, Cell] = {
        "deal_id": deal_number(deal),
        "stage": Pick(blueprint.place.lists["stages"], stage - 1),
        "entered_at": Moment(deals.entered[deal, slot]),
        "left_at": Moment(deals.left[deal, slot]),
    }
    return Sheet("deal_stages", ("deal_id", "stage", "entered_at"), len(deal), cells)


@dataclass(frozen=True)
class _Changes:
    """Changes of one field (its place in the list of fields): of which deals, at which working day, from what to what."""

    field: int
    deal: Ints
    at: Floats
    old: Ints
    new: Ints


def deal_changes_sheet(blueprint: Blueprint, deals: Deals, typed: Expectations) -> Sheet:
    """What an audit log would hold: values stand as a machine writes them, whatever the language."""
    rng = blueprint.draws("changes")
    parts = [_amount_changes(rng, deals), *_date_slips(rng, deals, typed.close_on)]
    handed = np.flatnonzero(deals.handed_at != BLANK)
    deal = np.concatenate([*(part.deal for part in parts), handed])
    at = np.concatenate([*(blueprint.span.working_moment(part.at) for part in parts), deals.handed_at[handed]])
    field = np.concatenate([*(np.full(len(part.deal), part.field) for part in parts), np.full(len(handed), 2)])
    old = np.concatenate([*(part.old for part in parts), deals.handed_from[handed]])
    new = np.concatenate([*(part.new for part in parts), deals.owner[handed]])
    cells: dict[str, Cell] = {
        "deal_id": deal_number(deal),
        "changed_at": Moment(at),
        "field_name": Choice(blueprint.place.values["field"], field),
        "old_value": _machine_text(field, old),
        "new_value": _machine_text(field, new),
    }
    return Sheet("deal_changes", ("deal_id", "changed_at", "field_name"), len(deal), cells)


def _machine_text(field: Ints, value: Ints) -> Cell:
    amount, day, owner = (np.where(field == place, value, BLANK) for place in range(3))
    return FirstGiven([Amount(amount, is_plain=True), Day(day, "%Y-%m-%d"), Number("E", owner, 4)])


def _during(rng: np.random.Generator, deals: Deals, chosen: Ints, low: float, high: float) -> Floats:
    """A point in the open life of each chosen deal."""
    start, stop = deals.start[chosen], deals.stop[chosen]
    return start + rng.uniform(low, high, len(chosen)) * (stop - start)


def _amount_changes(rng: np.random.Generator, deals: Deals) -> _Changes:
    """Amounts that were raised or lowered; some were blank at first."""
    chosen = np.flatnonzero((rng.random(deals.count) < 0.18) & (deals.amount != BLANK))
    new = deals.amount[chosen]
    before = np.maximum(np.rint(new / 1000 * rng.uniform(0.7, 1.35, len(chosen))).astype(np.int64), 1) * 1000
    before = np.where(before == new, new + 1000, before)
    old = np.where(rng.random(len(chosen)) < 0.2, BLANK, before)
    return _Changes(0, chosen, _during(rng, deals, chosen, 0.1, 0.9), old, new)


def _date_slips(rng: np.random.Generator, deals: Deals, close_on: Ints) -> list[_Changes]:
    """Close dates put off: once for a quarter of the deals, twice for some of these."""
    chosen = np.flatnonzero((rng.random(deals.count) < 0.25) & (close_on != BLANK))
    slip = rng.integers(7, 40, len(chosen))
    last = _Changes(1, chosen, _during(rng, deals, chosen, 0.55, 0.95), close_on[chosen] - slip, close_on[chosen])
    twice = rng.random(len(chosen)) < 0.3
    earlier = last.old[twice] - rng.integers(7, 40, int(twice.sum()))
    first = _Changes(1, chosen[twice], _during(rng, deals, chosen[twice], 0.1, 0.5), earlier, last.old[twice])
    return [first, last]
