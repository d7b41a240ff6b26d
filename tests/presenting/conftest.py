"""Answers made by hand, one for each kind of chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest

from crmetrics.analysis import (
    Analysis,
    Answer,
    Bars,
    By,
    Chart,
    Curve,
    Finding,
    Funnel,
    FunnelPlot,
    HeatMap,
    LeftOut,
    Lines,
    Locked,
    Note,
    Options,
    Passport,
    Result,
    Row,
    Spread,
    Table,
    Tiles,
    Treemap,
    Waterfall,
    analysis,
    column,
)
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import (
    CHANGE,
    COUNT,
    DATE,
    DAYS,
    FLAG,
    MOMENT,
    MONEY,
    POINTS,
    SHARE,
    Figure,
)

YEAR = Period(date(2025, 12, 1), date(2026, 12, 1), 12)
HOSTILE = "<script>alert('1')</script>"
FORMULA = '=HYPERLINK("http://x.example","y")'
CountedOver = Annotated[Literal["count", "amount"], Options("Counted over", count="decided deals", amount="money")]


class WinRate(Row):
    party = column("Group", dimension="by")
    won = column("Won", COUNT, better="higher")
    lost = column("Lost", COUNT, better="lower")
    n = column("Counted", COUNT, "the deals that the rate counts")
    rate = column("Win rate", SHARE, "by the chosen definition", better="higher", of=("won", "n"))
    low = column("At least", SHARE)
    high = column("At most", SHARE)


class Sales(Row):
    party = column("Group", dimension="by")
    amount = column("Net sales", MONEY)
    orders = column("Orders", COUNT)
    buyers = column("Buyers", COUNT)
    before = column("Before", MONEY)
    growth = column("Growth", CHANGE)
    contribution = column("Contribution", POINTS)


class Stage(Row):
    stage = column("Stage", dimension="stage")
    moved = column("Went on", COUNT)
    waiting = column("Still here", COUNT)
    lost = column("Lost", COUNT)


class StageTime(Row):
    stage = column("Stage", dimension="stage")
    entered = column("Entered", COUNT)
    median = column("Median", DAYS)
    p75 = column("75th percentile", DAYS)
    reference = column("Before", DAYS)


class Retention(Row):
    cohort = column("Cohort", dimension="by")
    size = column("Customers", COUNT)
    k = column("Month", COUNT)
    active = column("Active", COUNT)
    rate = column("Retention", SHARE, of=("active", "size"))
    complete = column("Complete", FLAG, is_hidden=True)


class Concentration(Row):
    rank_share = column("Share of customers", SHARE)
    cumulated_share = column("Share of profit", SHARE)


class Scores(Row):
    customer_id = column("Customer", dimension="customer")
    net_sales = column("Net sales", MONEY)
    r = column("R", COUNT)
    fm = column("FM", COUNT)
    segment = column("Segment", champions="Champions", at_risk="At risk", new="New", hibernating="Hibernating")
    last_on = column("Last order", DATE)


class Card(Row):
    metric = column("Metric")
    value = column("Value")
    before = column("Before")
    change = column("Change")
    status = column("Status", on="on target", close="close", behind="behind")
    measured_at = column("Measured", MOMENT)


def declared(row: type[Row], chart: Chart | None) -> Analysis:
    """An analysis around a Row, declared as every other one is."""

    def asked(warehouse: Any, period: Any, by: Any = "owner", of: Any = "count") -> Any:
        """Which share of the decided deals did we win?

        Formula: won / (won + lost)
        Reads:   deals.is_won, closed_at
        Mind:    Open deals are not counted.
        Source:  Wilson (1927), JASA 22(158), 209-212
        """

    asked.__name__ = row.__name__.lower()
    asked.__module__ = f"tests.sales.{asked.__name__}"
    asked.__annotations__ = {"by": By, "of": CountedOver, "return": Result[row]}  # type: ignore[valid-type]
    return analysis("Win rate", needs={"deals": ["is_won", "closed_at"]}, date="deals.closed_at", chart=chart)(asked)


def passport(choices: Mapping[str, Any], left_out: tuple[LeftOut, ...] = ()) -> Passport:
    return Passport(
        key="sales.win_rate",
        definition_version=1,
        formula=Message("won / (won + lost)"),
        reads=Message("deals.is_won, closed_at"),
        mind=Message("Open deals are not counted."),
        source=Message("Wilson (1927)"),
        choices=choices,
        filters={"owner": ("7", None)},
        zone="Europe/Istanbul",
        driving_date="deals.closed_at",
        rate_date=None,
        rows_used=1204,
        rows_left_out=left_out,
        derived={"deals.closed_at": 12},
        filled={"deals.is_won": 1.0, "deals.closed_at": 0.985},
        data_version=3,
        data_published_at=datetime(2026, 11, 22, 4, 40),
        data_age_days=0.4,
        as_of=datetime(2026, 11, 21, 21, 0),
        statements=("SELECT party, count(*) FROM deals WHERE name = '</script>'",),
        engine="duckdb",
        trust="medium",
        trust_reason=Message("{n} case", values={"n": 13}, plural="{n} cases"),
    )


def answer_of(
    row: type[Row],
    columns: Mapping[str, Sequence[Any]],
    chart: Chart | None = None,
    total: tuple[Any, ...] | None = None,
    *,
    by: str = "owner",
    names: Mapping[str, Mapping[str, str]] | None = None,
    period: Period | None = YEAR,
    **result: Any,
) -> Answer[Any]:
    choices = {"by": by, "of": "count"}
    found = Result(Table(row, columns), row(total) if total is not None else None, used=1204, **result)
    return Answer(
        declared=declared(row, chart),
        choices=choices,
        period=period,
        is_incomplete=period is not None,
        today=date(2026, 11, 22),
        currency="EUR",
        result=found,
        before=None,
        before_period=None,
        passport=passport(choices, found.left_out),
        names=names or {},
    )


@pytest.fixture
def win_rate() -> Answer[Any]:
    """Bars with an interval; a group of four cases, one without an owner, one whose name is HTML."""
    return answer_of(
        WinRate,
        {
            "party": ["7", "9", "11", None],
            "won": [45, 12, 3, 0],
            "lost": [55, 8, 1, 6],
            "n": [100, 20, 4, 6],
            "rate": [0.45, 0.6, 0.75, 0.0],
            "low": [0.356, 0.387, 0.301, 0.0],
            "high": [0.548, 0.781, 0.954, 0.39],
        },
        Bars(x="party", y="rate", band=("low", "high")),
        (None, 60, 70, 130, 60 / 130, 0.378, 0.547),
        names={"party": {"7": "Elif Şahin", "9": HOSTILE, "11": "张伟 Zhang"}},
        notes=(Note(Message("Only {n} case.", values={"n": 13}, plural="Only {n} cases."), "few"),),
        findings=(
            Finding(Message("Little: {money}", values={"money": Figure(10.0, MONEY)}), 10.0, "info"),
            Finding(
                Message("{who} wins {rate}", values={"who": HOSTILE, "rate": Figure(0.6, SHARE)}),
                -83400.0,
                "bad",
                {"by": "owner", "where": "owner=9"},
            ),
        ),
        left_out=(LeftOut(Message("still open"), 312), LeftOut(Message("without an amount"), 4, 1200.5)),
    )


@pytest.fixture
def sales() -> Answer[Any]:
    """Bars with the value before, by channel; one channel is new."""
    return answer_of(
        Sales,
        {
            "party": ["shop", "web", "phone"],
            "amount": [1412000.0, 104600.5, 0.0],
            "orders": [1200, 340, 0],
            "buyers": [700, 310, 0],
            "before": [1374500.0, 0.0, 0.0],
            "growth": [0.02728, None, None],
            "contribution": [0.0273, 0.0761, 0.0],
        },
        Bars(x="party", y="amount", before="before"),
        (None, 1516600.5, 1540, 950, 1374500.0, 0.10338, 0.10338),
        by="channel",
    )


def months(count: int, first: int = 2025 * 12) -> list[str]:
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, first + count)]


def sales_by_month(count: int) -> Answer[Any]:
    amounts = [100000.0 + 9000 * ((7 * each) % 13) for each in range(count)]
    columns = {
        "party": months(count),
        "amount": amounts,
        "orders": [100] * count,
        "buyers": [90] * count,
        "before": [None] * count,
        "growth": [None] * count,
        "contribution": [None] * count,
    }
    return answer_of(Sales, columns, Lines(x="party", y="amount"), by="month")


@pytest.fixture
def few_months() -> Answer[Any]:
    """Twelve points over time: columns."""
    return sales_by_month(12)


@pytest.fixture
def many_months() -> Answer[Any]:
    """Forty points over time: a line."""
    return sales_by_month(40)


@pytest.fixture
def series() -> Answer[Any]:
    """Three lines over time, with an interval each."""

    class Trend(Row):
        day = column("Month", dimension="by")
        kind = column("Channel", dimension="channel")
        rate = column("Repeat rate", SHARE)
        low = column("At least", SHARE)
        high = column("At most", SHARE)

    channels = ["web", "shop", "phone"]
    labels = [month for month in months(12) for _channel in channels]
    rates = [0.2 + 0.1 * place + 0.01 * (step % 5) for step in range(12) for place in range(3)]
    columns = {
        "day": labels,
        "kind": channels * 12,
        "rate": rates,
        "low": [rate - 0.03 for rate in rates],
        "high": [rate + 0.03 for rate in rates],
    }
    return answer_of(Trend, columns, Lines(x="day", y="rate", series="kind", band=("low", "high")), by="month")


@pytest.fixture
def funnel() -> Answer[Any]:
    """Stacked bars per stage."""
    return answer_of(
        Stage,
        {
            "stage": ["Qualified", "Needs agreed", "Quote sent", "Negotiation"],
            "moved": [465, 355, 215, 172],
            "waiting": [9, 14, 19, 12],
            "lost": [168, 96, 121, 31],
        },
        Funnel(x="stage", moved="moved", waiting="waiting", lost="lost"),
        by="",
    )


@pytest.fixture
def spread() -> Answer[Any]:
    """Median, 75th percentile and reference; one stage has too few entries."""
    return answer_of(
        StageTime,
        {
            "stage": ["Qualified", "Needs agreed", "Quote sent", "Negotiation"],
            "entered": [642, 465, 355, 4],
            "median": [3.2, 5.6, 8.9, None],
            "p75": [11.0, 17.0, 29.0, None],
            "reference": [3.4, 5.3, 7.1, 6.4],
        },
        Spread(x="stage", median="median", p75="p75", reference="reference"),
        by="",
    )


@pytest.fixture
def retention() -> Answer[Any]:
    """A triangle of cohorts; the last cell of each row is not complete."""
    cells = [(cohort, k) for cohort in range(8) for k in range(8 - cohort)]
    sizes = [120, 98, 143, 77, 64, 51, 88, 4]
    active = [round(sizes[cohort] * 0.55**k) for cohort, k in cells]
    return answer_of(
        Retention,
        {
            "cohort": [months(8, 2026 * 12 + 3)[cohort] for cohort, _k in cells],
            "size": [sizes[cohort] for cohort, _k in cells],
            "k": [k for _cohort, k in cells],
            "active": active,
            "rate": [each / sizes[cohort] for each, (cohort, _k) in zip(active, cells, strict=True)],
            "complete": [cohort + k < 7 for cohort, k in cells],
        },
        HeatMap(x="k", y="cohort", value="rate", complete="complete"),
        by="month",
    )


@pytest.fixture
def whale() -> Answer[Any]:
    """A whale curve: 60, 30, 20, 5, -15."""
    return answer_of(
        Concentration,
        {"rank_share": [0.2, 0.4, 0.6, 0.8, 1.0], "cumulated_share": [0.6, 0.9, 1.1, 1.15, 1.0]},
        Curve(x="rank_share", y="cumulated_share"),
        by="",
    )


@pytest.fixture
def rfm() -> Answer[Any]:
    """Sixty customers in four segments, with their scores."""
    segments = ["champions", "at_risk", "new", "hibernating"]
    return answer_of(
        Scores,
        {
            "customer_id": [str(each) for each in range(60)],
            "net_sales": [1000.0 + 977.5 * (each * 37 % 60) for each in range(60)],
            "r": [each % 5 + 1 for each in range(60)],
            "fm": [each * 7 % 5 + 1 for each in range(60)],
            "segment": [segments[each * 13 % 17 % 4] for each in range(60)],
            "last_on": [date(2026, 1 + each % 11, 1 + each % 28) for each in range(60)],
        },
        Treemap(group="segment", size="net_sales", grid=("fm", "r")),
        names={"customer_id": {"0": FORMULA}},
        period=None,
    )


@pytest.fixture
def scorecard() -> Answer[Any]:
    """Tiles: figures of unlike units."""
    return answer_of(
        Card,
        {
            "metric": [Message("Win rate"), Message("Net sales")],
            "value": [Figure(0.464, SHARE), Figure(104600.0, MONEY)],
            "before": [Figure(0.55, SHARE), Figure(119000.0, MONEY)],
            "change": [Figure(-0.086, POINTS), Figure(-0.121, CHANGE)],
            "status": ["behind", "close"],
            "measured_at": [datetime(2026, 11, 21, 21, 0), None],
        },
        Tiles(x="metric", y="value", before="before", change="change", status="status"),
        by="",
    )


@pytest.fixture
def locked(win_rate: Answer[Any]) -> Answer[Any]:
    """A question that the data cannot answer."""
    nothing = Table(WinRate, {each.name: [] for each in WinRate.columns})
    said = Message("Locked: there are no {table}.", values={"table": Message("Deals")})
    return replace(win_rate, result=Result(nothing, locked=Locked("deals", said)), passport=None)


class Revenue(Row):
    party = column("Group", dimension="by")
    amount = column("Net sales", MONEY)
    rate = column("Margin", SHARE)


@pytest.fixture
def compared() -> Answer[Any]:
    """Sales beside those of the year before; the order of the rows has changed, and one channel is new."""
    columns = {"party": ["shop", "web", "app"], "amount": [1412000.0, 104600.0, 900.0], "rate": [0.3, 0.2, 0.5]}
    now = answer_of(Revenue, columns, Bars(x="party", y="amount"), (None, 1517500.0, 0.294), by="channel")
    earlier = Table(Revenue, {"party": ["web", "shop"], "amount": [119000.0, 1300000.0], "rate": [0.21, 0.31]})
    before = Result(earlier, Revenue((None, 1419000.0, 0.302)))
    return replace(now, before=before, before_period=Period(date(2024, 12, 1), date(2025, 12, 1), 12))


class Speed(Row):
    party = column("Group", dimension="by")
    now = column("Velocity", MONEY, better="higher")
    before = column("Before", MONEY)
    by_deals = column("From number of deals", MONEY)
    by_cycle = column("From days to close", MONEY)


@pytest.fixture
def waterfall() -> Answer[Any]:
    """A total shared out among its parts, of two groups: one of them was not there before."""
    columns = {
        "party": ["7", "9"],
        "now": [4000.0, 1150.0],
        "before": [5000.0, None],
        "by_deals": [-1400.0, None],
        "by_cycle": [400.0, None],
    }
    chart = Waterfall(x="party", y="now", before="before", parts=("by_deals", "by_cycle"))
    return answer_of(Speed, columns, chart, (None, 5150.0, 5000.0, 400.0, -250.0), names={"party": {"7": "张伟 Zhang"}})


class Attained(Row):
    party = column("Group", dimension="by")
    won = column("Won amount", MONEY, better="higher")
    target = column("Target", MONEY)


@pytest.fixture
def planned() -> Answer[Any]:
    """Bars with what was planned; one of them has no plan."""
    columns = {"party": ["7", "9", None], "won": [4000.0, 1150.0, 80.0], "target": [3000.0, 2500.0, None]}
    return answer_of(Attained, columns, Bars(x="party", y="won", goal="target"))


class Compared(Row):
    owner = column("Owner", dimension="owner")
    n = column("Cases", COUNT)
    rate = column("Adjusted", SHARE, better="higher")
    outside = column("Outside", none="within luck", few="too few")
    whole = column("Everybody", SHARE, is_hidden=True)


@pytest.fixture
def people() -> Answer[Any]:
    """People in a funnel of luck: one above it, one below the first pair of limits, one with too few cases."""
    columns = {
        "owner": ["7", "9", "11", "12"],
        "n": [100, 120, 80, 3],
        "rate": [0.45, 0.31, 0.19, None],
        "outside": ["99.8", "none", "95", "few"],
        "whole": [0.3] * 4,
    }
    chart = FunnelPlot(x="n", y="rate", name="owner", middle="whole", outside="outside")
    return answer_of(Compared, columns, chart, by="", names={"owner": {"7": "张伟 Zhang"}})


@pytest.fixture
def empty() -> Answer[Any]:
    """An answer without rows."""
    return answer_of(WinRate, {each.name: [] for each in WinRate.columns}, Bars(x="party", y="rate"))


@pytest.fixture
def reasons() -> Answer[Any]:
    """Parts of a bar: reasons by the stage that was reached, whose places differ from the order of the rows."""

    class Reason(Row):
        party = column("Group", dimension="by")
        reason = column("Reason", dimension="loss_reason")
        stage = column("Furthest stage", dimension="stage")
        stage_no = column("Place", COUNT, is_hidden=True)
        lost = column("Lost", COUNT)

    columns = {
        "party": [None] * 4,
        "reason": ["Price", "Price", HOSTILE, HOSTILE],
        "stage": ["Quote", "New", "Quote", "Talk"],
        "stage_no": [3, 1, 3, 2],
        "lost": [5, 2, 1, 4],
    }
    return answer_of(Reason, columns, Bars(x="reason", y="lost", parts="stage"), by="")


@pytest.fixture
def lives() -> Answer[Any]:
    """Forty steps that are days, of which the last lies far behind the others."""

    class Left(Row):
        day = column("Day", COUNT)
        share = column("Share left", SHARE)
        low = column("A quarter", SHARE)
        high = column("Three quarters", SHARE)

    days = [*range(39), 400]
    shares = [1 - place / 50 for place in range(40)]
    chart = Lines(x="day", y="share", band=("low", "high"))
    return answer_of(Left, {"day": days, "share": shares, "low": shares, "high": shares}, chart)


KINDS = (
    "win_rate", "sales", "compared", "few_months", "many_months", "series", "funnel", "spread", "retention", "whale",
    "rfm", "scorecard", "waterfall", "planned", "people", "reasons", "lives", "locked",
    "empty",
)  # fmt: skip


@pytest.fixture(params=KINDS)
def any_answer(request: pytest.FixtureRequest) -> Answer[Any]:
    """Every answer of this file."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=("en", "tr", "uk", "zh"))
def language(request: pytest.FixtureRequest) -> str:
    """Every language."""
    return str(request.param)
