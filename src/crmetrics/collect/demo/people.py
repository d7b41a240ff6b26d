"""Who works at the demo company: management, three sales teams, service, marketing and a bot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Flags, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.sheet import Amount, Day, Number, Pick, Sheet, Yes, texts

DIRECTOR: Final = 1
SALES_DIRECTOR: Final = 2
TEAM_LEADERS: Final = (3, 4, 5)
SERVICE_LEADER: Final = 6
MARKETING_LEADER: Final = 7
BOT: Final = 8
FIRST_REP: Final = 9
SALES_TEAMS: Final = 3
LATE_TEAM: Final = 2
"""The team that follows up late, by its place in the list of teams."""


@dataclass(frozen=True)
class Staff:
    """Employees by number. `left_on` is the epoch day from which the rep who left is gone."""

    reps: int
    agents: int
    left_on: int

    @classmethod
    def of(cls, blueprint: Blueprint) -> Staff:
        """A staff that grows with the root of the business."""
        reps = int(np.clip(round(12 * (blueprint.lines / 20_000) ** 0.5), 12, 240)) // SALES_TEAMS * SALES_TEAMS
        span = blueprint.span
        left_on = int(span.workdays[int(span.working_point(np.array([span.last - 240]))[0])])
        return cls(reps, max(4, reps // 2), left_on)

    @property
    def strong(self) -> int:
        return FIRST_REP + 3

    @property
    def left(self) -> int:
        return FIRST_REP + 4

    @property
    def successor(self) -> int:
        return FIRST_REP + 7

    @property
    def rep_numbers(self) -> Ints:
        return np.arange(FIRST_REP, FIRST_REP + self.reps, dtype=np.int64)

    @property
    def first_agent(self) -> int:
        return FIRST_REP + self.reps

    @property
    def count(self) -> int:
        return self.first_agent + self.agents - 1

    def team(self, employees: Ints) -> Ints:
        """The sales team (0-2) of reps."""
        return (employees - FIRST_REP) % SALES_TEAMS

    def draw_reps(self, rng: np.random.Generator, days: Ints) -> Ints:
        """A rep for each day, none of them after he left."""
        reps = rng.integers(FIRST_REP, FIRST_REP + self.reps, len(days))
        return np.where((reps == self.left) & (days >= self.left_on), self.successor, reps)

    def draw_agents(self, rng: np.random.Generator, size: int) -> Ints:
        """An agent for each ticket; the first ones take more than the last."""
        return self.first_agent + (self.agents * rng.random(size) ** 1.3).astype(np.int64)


def _roles(staff: Staff) -> tuple[Ints, Ints, Ints]:
    """Team (place in the list of teams), manager and job title of every employee."""
    number = np.arange(1, staff.count + 1)
    is_rep = (number >= FIRST_REP) & (number < staff.first_agent)
    is_agent = number >= staff.first_agent
    of_rep = staff.team(number)
    team = np.where(is_rep, of_rep, np.where(is_agent, 3, 0))
    manager = np.where(is_rep, of_rep + TEAM_LEADERS[0], np.where(is_agent, SERVICE_LEADER, DIRECTOR))
    title = np.where(is_rep, 3, np.where(is_agent, 5, 0))
    heads = [(5, BLANK, 0), (5, 1, 1), (0, 2, 2), (1, 2, 2), (2, 2, 2), (3, 1, 4), (4, 1, 6), (3, SERVICE_LEADER, 7)]
    for place, (its_team, its_manager, its_title) in enumerate(heads):
        team[place], manager[place], title[place] = its_team, its_manager, its_title
    return team, manager, title


def full_names(blueprint: Blueprint, is_female: Flags, given: Ints, family: Ints) -> list[str]:
    """Names of people in the order of the country."""
    lists, habits = blueprint.place.lists, blueprint.place.habits
    names = []
    for female, first, last in zip(is_female.tolist(), given.tolist(), family.tolist(), strict=True):
        pair = [lists["given_female" if female else "given_male"][first], lists["family"][last]]
        names.append(habits.name_joint.join(reversed(pair) if habits.is_family_first else pair))
    return names


def employees_sheet(blueprint: Blueprint, staff: Staff) -> Sheet:
    """The list of employees."""
    rng, place, span = blueprint.draws("employees"), blueprint.place, blueprint.span
    count = staff.count
    team, manager, title = _roles(staff)
    spread = rng.permutation(800)[:count] if count <= 800 else rng.integers(0, 800, count)
    names = full_names(blueprint, rng.random(count) < 0.5, spread % 20, spread // 20)
    names[BOT - 1] = place.habits.bot
    number = np.arange(1, count + 1, dtype=np.int64)
    pay = np.where(title <= 1, 45, np.where(title == 7, 1, 20 + rng.integers(0, 12, count)))
    cells = {
        "employee_id": Number("E", number, 4),
        "name": texts(names),
        "team": Pick(place.lists["teams"], team),
        "manager_id": Number("E", manager, 4),
        "job_title": Pick(place.lists["job_titles"], title),
        "hired_on": Day(span.first - rng.integers(90, 2500, count)),
        "left_on": Day(np.where(number == staff.left, staff.left_on, BLANK)),
        "hourly_cost": Amount((pay * place.money.price_scale * 100).astype(np.int64)),
        "currency": texts([place.money.currency] * count),
        "is_bot": Yes(number == BOT, place.habits),
    }
    return Sheet("employees", ("employee_id",), count, cells)
