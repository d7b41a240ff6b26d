"""What people of the demo company do: calls, e-mails, meetings and tasks about deals and leads, and service visits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Floats, Ints, picked
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.deals import OPEN, Deals
from crmetrics.collect.demo.leads import Leads
from crmetrics.collect.demo.people import LATE_TEAM, SALES_TEAMS, Staff
from crmetrics.collect.demo.pipeline import deal_number
from crmetrics.collect.demo.sheet import Cell, Choice, Count, Moment, Number, Overwritten, Pick, Sheet

CALL, EMAIL, MEETING, TASK, APPOINTMENT = range(5)
ON_TIME: Final = 0.85
ON_TIME_LATE_TEAM: Final = 0.45
NEXT_STEP: Final = 0.6
"""Share of open deals with a next step in the diary."""
VISITS_PER_LINE: Final = 1 / 60
ANSWERED, NO_ANSWER, KEPT, NO_SHOW, CANCELLED = range(5)


@dataclass(frozen=True)
class Activities:
    """Activities by place; points in working days (due and done infinite where not given)."""

    kind: Ints
    customer: Ints
    deal: Ints
    lead: Ints
    owner: Ints
    created: Floats
    due: Floats
    done: Floats
    outcome: Ints

    @property
    def count(self) -> int:
        return len(self.kind)

    @classmethod
    def together(cls, groups: list[Activities]) -> Activities:
        """Several groups in the order of creation."""
        order = np.argsort(np.concatenate([group.created for group in groups]), kind="stable")
        names = [one.name for one in fields(cls)]
        return cls(**{name: np.concatenate([vars(group)[name] for group in groups])[order] for name in names})


def draw_activities(blueprint: Blueprint, customers: Customers, deals: Deals, leads: Leads, staff: Staff) -> Activities:
    """Draw all of them."""
    return Activities.together(
        [
            _about_deals(blueprint, deals, staff),
            _next_steps(blueprint, deals),
            _about_leads(blueprint, deals, leads, staff),
            _visits(blueprint, customers, staff),
        ]
    )


def _finished(
    rng: np.random.Generator, staff: Staff, owner: Ints, created: Floats, due: Floats, end: float
) -> tuple[Floats, Ints]:
    """When each is done (infinite: not yet) and how it came out; the late team is late more often and by more."""
    count = len(owner)
    is_late_team = staff.team(owner) == LATE_TEAM
    is_on_time = rng.random(count) < np.where(is_late_team, ON_TIME_LATE_TEAM, ON_TIME)
    early = created + rng.random(count) * (due - created)
    late = due + 0.05 + rng.exponential(np.where(is_late_team, 5.0, 1.5))
    is_cancelled = rng.random(count) < 0.02
    done = np.where(is_on_time, early, late)
    # Two of a hundred are simply forgotten.
    forgotten = ~is_on_time & (rng.random(count) < 0.12)
    done = np.where((done < end) & ~forgotten & ~is_cancelled, done, np.inf)
    return done, np.where(is_cancelled, CANCELLED, BLANK)


def _outcomes(rng: np.random.Generator, kind: Ints, done: Floats, outcome: Ints) -> Ints:
    """Calls are answered or not, meetings and appointments kept or not."""
    lot = rng.random(len(kind))
    call = np.where(lot < 0.62, ANSWERED, NO_ANSWER)
    meeting = np.where(lot < 0.92, KEPT, NO_SHOW)
    by_kind = np.select([kind == CALL, np.isin(kind, [MEETING, APPOINTMENT])], [call, meeting], BLANK)
    return np.where(outcome == CANCELLED, CANCELLED, np.where(np.isfinite(done), by_kind, BLANK))


def _about_deals(blueprint: Blueprint, deals: Deals, staff: Staff) -> Activities:
    """Three a deal on average, in its open life; a stuck deal is soon left alone."""
    rng, end = blueprint.draws("deal activities"), blueprint.span.working_days
    deal = np.repeat(np.arange(deals.count), 1 + rng.poisson(1.6, deals.count))
    life = deals.stop - deals.start
    life = np.where(deals.is_stuck, np.minimum(life, 25.0), life)
    created = deals.start[deal] + rng.random(len(deal)) ** 1.3 * life[deal]
    kind = picked(rng, [4.0, 3.0, 1.5, 2.0], len(deal))
    due = created + 0.2 + rng.exponential(2.5, len(deal))
    owner = deals.owner_then[deal]
    done, outcome = _finished(rng, staff, owner, created, due, end)
    # An e-mail is written, not planned.
    is_mail = kind == EMAIL
    done, due = np.where(is_mail, created, done), np.where(is_mail, np.inf, due)
    outcome = np.where(is_mail, BLANK, outcome)
    return Activities(
        kind=kind,
        customer=deals.customer[deal],
        deal=deal,
        lead=np.full(len(deal), BLANK),
        owner=owner,
        created=created,
        due=due,
        done=done,
        outcome=_outcomes(rng, kind, done, outcome),
    )


def _next_steps(blueprint: Blueprint, deals: Deals) -> Activities:
    """Planned for after the span: the next step of most open deals that are not stuck."""
    rng, end = blueprint.draws("next steps"), blueprint.span.working_days
    moves = (deals.outcome == OPEN) & ~deals.is_stuck
    deal = np.flatnonzero(moves & (rng.random(deals.count) < NEXT_STEP))
    count = len(deal)
    created = np.maximum(deals.start[deal], end - 8 * rng.random(count)) * (1 - 1e-9)
    return Activities(
        kind=picked(rng, [4.0, 0.0, 2.0, 3.0], count),
        customer=deals.customer[deal],
        deal=deal,
        lead=np.full(count, BLANK),
        owner=deals.owner[deal],
        created=np.maximum(created, deals.start[deal]),
        due=end + 0.5 + 12 * rng.random(count),
        done=np.full(count, np.inf),
        outcome=np.full(count, BLANK),
    )


def _about_leads(blueprint: Blueprint, deals: Deals, leads: Leads, staff: Staff) -> Activities:
    """The first call to each lead; the late team needs days for it, the others hours."""
    rng, span = blueprint.draws("lead activities"), blueprint.span
    lead = np.flatnonzero(rng.random(leads.count) < 0.8)
    came = span.working_point(leads.created_at[lead] // 86_400)
    is_late_team = staff.team(leads.owner[lead]) == LATE_TEAM
    created = came + 1 + rng.exponential(np.where(is_late_team, 4.0, 0.6))
    in_time = created < span.working_days
    lead, created = lead[in_time], created[in_time]
    count = len(lead)
    deal = leads.deal[lead]
    kind = np.zeros(count, dtype=np.int64)
    return Activities(
        kind=kind,
        customer=np.where(deal == BLANK, BLANK, deals.customer[np.maximum(deal, 0)]),
        deal=np.full(count, BLANK),
        lead=lead,
        owner=leads.owner[lead],
        created=created,
        due=np.full(count, np.inf),
        done=created,
        outcome=_outcomes(rng, kind, created, np.full(count, BLANK)),
    )


def _visits(blueprint: Blueprint, customers: Customers, staff: Staff) -> Activities:
    """Yearly service visits by appointment."""
    rng, span = blueprint.draws("visits"), blueprint.span
    count = int(blueprint.lines * VISITS_PER_LINE)
    buyers = np.flatnonzero(~customers.is_prospect)
    customer = buyers[rng.integers(0, len(buyers), count)]
    created = span.working_days * rng.random(count)
    due = created + 3 + rng.exponential(8.0, count)
    is_over = due + 0.2 < span.working_days
    outcome = np.where(is_over & (rng.random(count) < 0.03), CANCELLED, BLANK)
    done = np.where(is_over & (outcome != CANCELLED), due + 0.1 * rng.random(count), np.inf)
    kind = np.full(count, APPOINTMENT)
    return Activities(
        kind=kind,
        customer=customer,
        deal=np.full(count, BLANK),
        lead=np.full(count, BLANK),
        owner=staff.draw_agents(rng, count),
        created=created,
        due=due,
        done=done,
        outcome=_outcomes(rng, kind, done, outcome),
    )


def activities_sheet(blueprint: Blueprint, activities: Activities, first_contact: Ints) -> Sheet:
    """The list of activities; the date of two cannot be read."""
    rng, span, place = blueprint.draws("activity list"), blueprint.span, blueprint.place
    kind, count = activities.kind, activities.count
    customer = activities.customer
    contact = np.where((customer != BLANK) & (kind != TASK), first_contact[np.maximum(customer, 0)], BLANK)
    is_both = np.isin(kind, [MEETING, APPOINTMENT])
    direction = np.where(is_both, 2, np.where(rng.random(count) < 0.25, 0, 1))
    minutes = np.array([8, 4, 55, 15, 70])[kind] + rng.integers(0, 20, count)
    is_done = np.isfinite(activities.done)
    subject = np.select([kind == APPOINTMENT, activities.lead != BLANK], [5, 0], rng.integers(1, 5, count))
    cells: dict[str, Cell] = {
        "activity_id": Number("A", np.arange(1, count + 1)),
        "kind": Choice(place.values["activity_kind"], kind),
        "customer_id": customer_number(customer),
        "contact_id": Number("K", contact),
        "deal_id": deal_number(activities.deal),
        "lead_id": Number("L", np.where(activities.lead == BLANK, BLANK, activities.lead + 1)),
        "owner_id": Number("E", activities.owner, 4),
        "created_at": Moment(span.working_moment(activities.created)),
        "due_at": Moment(span.working_moment(activities.due)),
        "done_at": Moment(span.working_moment(activities.done)),
        "duration_minutes": Count(np.where(is_done & (kind != TASK), minutes, BLANK)),
        "direction": Choice(place.values["direction"], np.where(kind == TASK, BLANK, direction)),
        "outcome": Choice(place.values["outcome"], activities.outcome),
        "subject": Pick(place.lists["subjects"], subject),
    }
    faults = [
        Overwritten("created_at", row, place.habits.bad_dates[n]) for n, row in enumerate(bad_rows(activities).tolist())
    ]
    return Sheet("activities", ("activity_id",), count, cells, overwritten=faults)


def bad_rows(activities: Activities) -> Ints:
    """The rows whose date cannot be read."""
    return np.array([activities.count // 3, activities.count // 2], dtype=np.int64)


def follow_ups(blueprint: Blueprint, activities: Activities, deals: Deals, staff: Staff) -> dict[str, object]:
    """The true figures of follow-ups: due in the span, by sales team; and open deals without a next step."""
    end = blueprint.span.end
    due, done = (blueprint.span.working_moment(points) for points in (activities.due, activities.done))
    is_read = np.ones(activities.count, dtype=bool)
    is_read[bad_rows(activities)] = False
    is_due = is_read & (due != BLANK) & (due < end) & (activities.outcome != CANCELLED)
    is_rep = np.isin(activities.owner, staff.rep_numbers)
    is_met = np.isin(activities.kind, [MEETING, APPOINTMENT])
    is_in_time = np.where(is_met, done // DAY <= due // DAY, done <= due)

    def told(chosen: Flags) -> dict[str, object]:
        is_done = chosen & (done != BLANK)
        counts = {
            "due": chosen,
            "on_time": is_done & is_in_time,
            "late": is_done & ~is_in_time,
            "open_overdue": chosen & ~is_done,
        }
        return {name: int(flags.sum()) for name, flags in counts.items()}

    teams = blueprint.place.lists["teams"]
    planned = activities.deal[is_read & (due != BLANK) & (due >= end) & (done == BLANK) & (activities.deal != BLANK)]
    is_open = deals.outcome == OPEN
    has_step = np.zeros(deals.count, dtype=bool)
    has_step[planned] = True
    return {
        "rule": "due before the end of the span; meetings and appointments are on time on their day; cancelled ones and rows "
        "that cannot be read are left out",
        "all": told(is_due),
        "by_sales_team": {
            teams[team]: told(is_due & is_rep & (staff.team(activities.owner) == team)) for team in range(SALES_TEAMS)
        },
        "late_team": teams[LATE_TEAM],
        "open_deals_without_next_step": int((is_open & ~has_step).sum()),
    }
