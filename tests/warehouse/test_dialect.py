"""The closed language means the same on DuckDB and Spark, tried on values that have made them differ."""

from __future__ import annotations

import math
from datetime import date, datetime
from functools import cache

import pytest
from sqlglot import exp

from crmetrics.vocabulary.errors import BadQuery
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.dialect import FUNCTIONS, parsed
from crmetrics.warehouse.meaning import OWN, Meaning
from crmetrics.warehouse.scope import Scope
from tests.company import on_both_engines

TEXTS = (
    *(None, "", " ", "İstanbul", "ıstanbul", "istanbul", "I", "ß", "a\\b", "it's", "%", "_", "a\nb", "Київ"),
    *("客户", "🤦🏼‍♂️ x", " lead", "trail ", "nbsp\u00a0", "${env:HOME}", "\\'", "z"),
)
AMOUNTS = (
    *(None, "0", "0.0001", "-0.0001", "1.005", "-2.5", "2.5", "3.5", "9999999999.9999", "0.3333", "10", "10"),
    *("10", "-1.005", "1.0841", "12.5", "7", "-7", "1000000", "0.5", None, "10"),
)
SHARES = (
    *(None, 0.0, 1e-300, 1e16, 0.1, 1 / 3, -1.5, 2.5, 3.5, 0.49999999999999994, 10.0, 10.0, -10.0, 1e-4),
    *(123456.789, 1.005, 2.675, -2.675, None, 7.0, 7.0, 0.25),
)
MOMENTS = (
    *(None, "1969-12-31 23:59:59.999999", "2000-02-29 12:00:00.5", "2024-12-30", "2025-03-30 00:59:59.999999"),
    *("2025-03-30 01:00:00", "2025-03-30 02:30:00", "2025-10-26 00:30:00", "2025-10-26 01:00:00", "2025-01-31"),
    *("2025-12-31 23:59:59", "2011-12-30 12:00:00", "2024-02-29 23:59:59", "2025-06-30 22:00:00", "2000-01-01"),
    *(
        "2025-01-31",
        None,
        "2016-02-29 00:00:00",
        "2025-05-05 05:05:05.123456",
        "2025-04-06 14:00:00",
        "2025-08-31",
        "2025-08-31",
    ),
)
DAYS = (
    *(None, "1969-12-31", "2024-02-29", "2025-01-31", "2024-12-31", "2025-12-28", "2026-01-01", "2025-03-30"),
    *("2000-01-01", "1900-03-01", "2025-01-01", "2024-12-30", "2025-06-30", None, "2025-08-31", "2025-10-26"),
    *("2025-10-26", "2025-11-30", "2021-01-03", "2021-01-04", "2025-01-31", "2025-02-28"),
)
DEALS = [
    {
        "deal_id": f"d{number:02}",
        "stage": "first" if number % 3 else "second",
        "name": text,
        "amount": amount,
        "probability": share,
        "created_at": moment,
        "closed_at": MOMENTS[-1 - number],
        "expected_close_on": day,
        "is_won": (None, True, False, True)[number % 4],
        "source": TEXTS[number // 6],
        "currency": ("EUR", "USD", None)[number % 3],
    }
    for number, (text, amount, share, moment, day) in enumerate(zip(TEXTS, AMOUNTS, SHARES, MOMENTS, DAYS, strict=True))
]
RATES = [
    {"currency": "USD", "rated_on": f"2025-0{month}-01", "rate_to_company": f"1.0{month}41"} for month in range(1, 10)
]

SCALARS = {
    # numbers
    "abs(amount)": None,
    "ceil(amount)": None,
    "ceil(probability)": None,
    "floor(amount)": None,
    "floor(probability)": None,
    "round(amount)": None,
    "round(probability)": None,
    "sign(amount)": None,
    "sqrt(probability)": None,  # below zero NaN, which is shown as missing
    "ln(probability)": None,
    "ln(amount)": None,
    "exp(amount / 1e14)": None,
    "power(amount, 2)": None,
    "power(probability, 5e-1)": None,
    "amount / probability": None,
    "amount / 3": None,
    "7 / 2": 3.5,
    "-7 / 2": -3.5,
    "1 / 0": None,
    "amount / 0": None,
    "1 / (amount - amount)": None,
    "amount * amount": None,
    "converted(amount * amount / 1e7, company_rate)": None,
    "3 * amount": None,
    "amount + probability": None,
    "-amount": None,
    "amount - 5e-1": None,
    "0.1e0 + 0.2e0": 0.1 + 0.2,
    "cast(floor(amount) as bigint) % 3": None,
    "cast(round(probability) as bigint)": None,
    "cast(amount > 0 as int)": None,
    "cast(amount as double)": None,
    "cast(amount * 3 as decimal(18, 4))": None,
    "cast(probability > 1 as boolean)": None,
    # texts
    "cast(amount as varchar)": None,
    "cast(is_won as varchar)": None,
    "cast(expected_close_on as varchar)": None,
    "cast(created_at as varchar)": None,
    "try_cast(name as decimal(18, 4))": None,
    "try_cast(name as date)": None,
    "length(name)": None,
    "substring(name, 1, 2)": None,
    "substring(name, 2, 100)": None,
    "substring(name, 3)": None,
    "name || '-' || source": None,
    "name || 'it''s \\ \\n %'": None,
    "contains(name, '\\')": None,
    "contains(name, 'a')": None,
    "contains(name, '')": None,
    "starts_with(name, 'a')": None,
    "starts_with(name, 'İ')": None,
    "name like 'a%'": None,
    "name like '%''%'": None,
    "name like '_'": None,
    "name not like '%a%'": None,
    "name = 'istanbul'": None,
    "name = ''": None,
    "name in ('it''s', 'a\\b', '${env:HOME}', 'İstanbul')": None,
    "name not in ('z')": None,
    "name < 'b'": None,
    "name between 'a' and 'z'": None,
    # blanks
    "coalesce(amount, probability, 0)": None,
    "nullif(amount, 10)": None,
    "greatest(amount, probability)": None,
    "greatest(null, amount)": None,
    "least(amount, probability, 3)": None,
    "least(expected_close_on, cast('2025-01-15' as date))": None,
    "if(is_won, 'yes', 'no')": None,
    "case when amount > 5 then 'big' when amount <= 5 then 'small' end": None,
    "case stage when 'first' then 1 end": None,
    "is_won and amount > 0": None,
    "is_won or amount > 0": None,
    "not is_won": None,
    "is_won is null": None,
    "amount is not null": None,
    "amount is distinct from 10": None,
    "amount is not distinct from null": None,
    "amount in (10, null)": None,
    "amount = 10e0": None,
    "probability = 1 / 3": None,
    # days and moments
    "expected_close_on + interval 1 day > created_at": None,
    "cast(expected_close_on + interval 1 month as date)": None,
    "cast(expected_close_on - interval 1 year as date)": None,
    "created_at + interval 90 minute": None,
    "created_at - interval 1 month": None,
    "extract(year from expected_close_on)": None,
    "extract(quarter from local_day(created_at))": None,
    "extract(hour from local_moment(created_at))": None,
    "extract(minute from local_moment(created_at))": None,
    "year(expected_close_on)": None,
    "quarter(expected_close_on)": None,
    "month(local_day(created_at))": None,
    "day(expected_close_on)": None,
    "expected_close_on > created_at": None,
    "created_at >= $start": None,
    "expected_close_on < $end_on": None,
    "$start": None,
    "$end_on": date(2026, 1, 1),
    "$today": None,
    "$text": "it's \\ ${env:HOME}",
    "$nothing": None,
    "$share + 1": 1.1,
    "$whole": 3,
    "$flag": True,
    "cast('2025-03-30 01:30:00' as timestamp)": datetime(2025, 3, 30, 1, 30),
    # our own
    "local_day(created_at)": None,
    "local_moment(created_at)": None,
    "local_day($start)": date(2025, 1, 1),
    "calendar_week(expected_close_on)": None,
    "calendar_month(expected_close_on)": None,
    "calendar_quarter(local_day(created_at))": None,
    "calendar_year(expected_close_on)": None,
    "weekday(expected_close_on)": None,
    "days_after(expected_close_on, 1)": None,
    "days_after(expected_close_on, -cast(floor(probability * 0) as bigint) - 31)": None,
    "days_between(expected_close_on, local_day(created_at))": None,
    "days_between(created_at, closed_at)": None,
    "months_apart(expected_close_on, local_day(created_at))": None,
    "seconds_between(created_at, closed_at)": None,
    "company_calendar()": "",
    "converted(amount, company_rate)": None,
    "converted(-amount, company_rate)": None,
    "company_rate": None,
}
"""A value for each row; where one stands behind it, every row has it."""

AGGREGATES = (
    "count(*)",
    "count(amount)",
    "count(distinct amount)",
    "count(distinct name)",
    "count(*) filter (where is_won)",
    "sum(amount)",
    "sum(amount) filter (where amount < 0)",
    "sum(distinct amount)",
    "sum(converted(amount, company_rate))",
    "sum(probability)",
    "sum(case when is_won then 1 else 0 end)",
    "avg(amount)",
    "avg(probability)",
    "avg(cast(is_won as int))",
    "min(amount)",
    "max(amount)",
    "min(name)",
    "max(name)",
    "min(created_at)",
    "max(expected_close_on)",
    "bool_or(is_won)",
    "bool_and(is_won)",
    "median(amount)",
    "median(probability)",
    "median(amount) filter (where is_won)",
    "percentile_cont(9e-1) within group (order by amount)",
    "quantile_cont(probability, 25e-2)",
    "quantile_cont(seconds_between(created_at, closed_at) / 86400, 9e-1)",
    "stddev_samp(amount)",
    "stddev_pop(probability)",
    "variance(amount)",
    "var_pop(probability)",
    "arg_max(name, amount)",  # ties, and blanks on either side
    "arg_min(name, amount)",
    "arg_max(amount, expected_close_on)",
    "arg_max(name, created_at) filter (where is_won)",
    "any_value(case when is_won then 'yes' end)",
    "max(amount) - min(amount)",
    "sum(amount) / count(*)",
    "sum(amount) / nullif(count(is_won), 0)",
)

ORDERED = "order by amount, deal_id"
WINDOWS = (
    f"row_number() over ({ORDERED})",
    f"row_number() over (partition by stage {ORDERED})",
    "rank() over (order by amount)",
    "rank() over (order by amount desc)",
    "dense_rank() over (order by name)",
    "percent_rank() over (partition by is_won order by amount)",
    "cume_dist() over (order by probability)",
    f"lag(amount) over ({ORDERED})",
    f"lag(name, 2) over (partition by stage {ORDERED})",
    f"lead(created_at) over ({ORDERED})",
    f"first_value(name) over ({ORDERED})",
    f"last_value(name) over ({ORDERED} rows between unbounded preceding and unbounded following)",
    f"sum(amount) over ({ORDERED})",
    "sum(amount) over (order by amount)",  # the default frame takes all ties together
    f"sum(amount) over ({ORDERED} rows between 2 preceding and current row)",
    f"count(*) over (partition by source {ORDERED} rows between unbounded preceding and 1 preceding)",
    "count(*) over ()",
    "max(amount) over (partition by stage)",
    "sum(case when is_won then amount end) over (partition by stage)",
    "avg(amount) over (partition by stage)",
    "sum(amount) over (order by created_at desc, deal_id desc)",
)

QUERIES = (
    # groups, subtotals, blank groups beside totals
    "select party, grouping(party) as is_total, count(*) as n from deals group by grouping sets ((party), ()) order by 2, 1",
    """select stage, source, grouping(stage) as a, grouping(source) as b, count(*) as n, sum(amount) as s
       from deals group by grouping sets ((stage, source), (stage), ()) order by 3, 4, 1, 2""",
    "select case when amount > 5 then 'big' end as size, count(*) as n from deals group by size order by size",
    "select calendar_month(expected_close_on) as m, count(*) as n from deals group by m having count(*) > 1 order by m",
    "select stage, sum(amount) as amount from deals group by all order by amount desc",
    # order with blanks, letters of four alphabets, ties
    "select name from deals order by name, deal_id",
    "select name from deals order by name desc, deal_id",
    "select deal_id, amount from deals order by amount desc, deal_id limit 5",
    "select deal_id from deals order by amount is null, probability desc, deal_id",
    "select distinct source from deals order by source",
    # joins and sets
    """with a as (select deal_id, amount from deals where is_won), b as (select deal_id, name from deals)
       select a.deal_id, a.amount, b.name from a left join b on a.deal_id = b.deal_id and b.name <> '' order by 1""",
    "select d.deal_id, e.amount from deals d join deals e on d.amount = e.amount and d.deal_id < e.deal_id order by 1, 2, e.deal_id",
    "select deal_id from deals where amount in (select amount from deals where is_won) order by deal_id",
    "select deal_id from deals where amount not in (select amount from deals where amount > 9) order by deal_id",
    """select deal_id from deals d
       where exists (select 1 as one from deals e where e.amount = d.amount and e.deal_id < d.deal_id) order by 1""",
    "select deal_id from deals semi join (select amount from deals where is_won) w using (amount) order by 1",
    "select d.deal_id from deals d anti join deals w on w.amount = d.amount and w.is_won order by 1",
    "select stage as x from deals union select source from deals order by x",
    "select stage as x from deals union all select source from deals order by x",
    "select stage as x from deals except select 'first' as x order by x",
    "select source as x from deals intersect select name from deals order by x",
    "select deal_id, amount from deals qualify row_number() over (partition by amount order by deal_id) = 1 order by 1",
    "select t.a, t.b, d.deal_id from (values ('first', 1), ('none', 2)) as t (a, b) left join deals d on d.stage = t.a order by 2, 3",
    "select (select max(amount) from deals) as most, count(*) as n from deals where 1 = 0",
    "select sum(amount) as s, count(*) as n, median(amount) as m, max(name) as x from deals where 1 = 0",
    "select sum(amount) over w as s, deal_id from deals window w as (partition by stage order by deal_id) order by deal_id",
)


def same(one: object, other: object) -> bool:
    """Whether two values of two engines are the same: numbers to nine digits, all else exactly and of the same type."""
    numbers = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, numbers) and isinstance(other, numbers):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return type(one) is type(other) and one == other


def shown(select: tuple[str, ...], rest: str) -> str:
    return f"select {', '.join(f'{each} as c{number}' for number, each in enumerate(select))} {rest}"


BULK = {
    "scalar": shown(tuple(SCALARS), "from deals order by deal_id"),
    "in all": shown(AGGREGATES, "from deals"),
    "by group": shown((*AGGREGATES, "source"), "from deals group by source order by source"),
    "of one row": shown((*AGGREGATES, "deal_id"), "from deals group by deal_id order by deal_id"),
    "window": shown(WINDOWS, "from deals order by deal_id"),
}
VALUES = {"text": "it's \\ ${env:HOME}", "nothing": None, "share": 0.1, "whole": 3, "flag": True}


@pytest.fixture(scope="module")
def ask():
    """Ask both engines; each query once."""
    with on_both_engines(zone="Europe/London", week_start=7, options={}, deals=DEALS, exchange_rates=RATES) as both:
        scope = Scope()
        with both.duckdb.warehouse(scope) as on_duckdb, both.spark.warehouse(scope) as on_spark:

            @cache
            def asked(sql):
                answers = []
                for warehouse in (on_duckdb, on_spark):
                    bound = {name: value for name, value in VALUES.items() if f"${name}" in sql}
                    period = Period(date(2025, 1, 1), date(2026, 1, 1))
                    answers.append(warehouse.query(sql, period=period, by="source", of="deals", **bound))
                return answers

            yield asked


def column(rows, number):
    return rows.values(f"c{number}")


def difference(one, other):
    return [(a, b) for a, b in zip(one, other, strict=True) if not same(a, b)]


@pytest.mark.spark
@pytest.mark.parametrize("number", range(len(SCALARS)), ids=list(SCALARS))
def test_scalars(ask, number):
    on_duckdb, on_spark = (column(rows, number) for rows in ask(BULK["scalar"]))
    assert difference(on_duckdb, on_spark) == []
    expected = list(SCALARS.values())[number]
    if expected is not None:
        assert all(same(value, expected) for value in on_duckdb)


@pytest.mark.spark
@pytest.mark.parametrize("rows", ["in all", "by group", "of one row"])
@pytest.mark.parametrize("number", range(len(AGGREGATES)), ids=AGGREGATES)
def test_aggregates(ask, rows, number):
    on_duckdb, on_spark = (column(each, number) for each in ask(BULK[rows]))
    assert difference(on_duckdb, on_spark) == []


@pytest.mark.spark
@pytest.mark.parametrize("number", range(len(WINDOWS)), ids=WINDOWS)
def test_windows(ask, number):
    on_duckdb, on_spark = (column(rows, number) for rows in ask(BULK["window"]))
    assert difference(on_duckdb, on_spark) == []


@pytest.mark.spark
@pytest.mark.parametrize("sql", QUERIES)
def test_queries(ask, sql):
    on_duckdb, on_spark = ask(sql)
    assert on_duckdb.names == on_spark.names
    assert len(on_duckdb) == len(on_spark)
    for name in on_duckdb.names:
        assert difference(on_duckdb.values(name), on_spark.values(name)) == []


def test_every_function_on_the_list_is_tried():
    trees = [parsed(sql) for sql in (*BULK.values(), *QUERIES)]
    called = {
        function.name.lower() if isinstance(function, exp.Anonymous) else function.sql_name().lower()
        for tree in trees
        for function in tree.find_all(exp.Func)
    }
    assert (FUNCTIONS | OWN.keys()) - called == set()


@pytest.mark.parametrize(
    "select",
    [
        "lower(name)",
        "upper(name)",
        "trim(name)",
        "concat(name, 'x')",
        "log(amount)",
        "mode(name)",
        "array_agg(name)",
        "list(name)",
        "string_agg(name, ',')",
        "corr(amount, probability)",
        "approx_count_distinct(name)",
        "ntile(4) over (order by amount)",
        "random()",
        "now()",
        "current_date",
        "date_trunc('month', created_at)",
        "date_diff('day', created_at, closed_at)",
        "isodow(expected_close_on)",
        "epoch(created_at)",
        "strftime(created_at, '%Y')",
        "regexp_matches(name, 'a')",
        "unnest([1, 2])",
        "[1, 2]",
        "{'a': 1}",
        "name[1]",
        "amount // 2",
        "amount % 0",
        "amount % probability",
        "amount * 1.5",
        "amount / 2.0",
        "round(amount, 2)",
        "substring(name, 0, 2)",
        "substring(name, -2)",
        "name ilike 'a'",
        "name like name",
        "name like 'a\\b'",
        "name similar to 'a'",
        "cast(amount as int)",
        "cast(probability as bigint)",
        "cast(amount as float)",
        "cast(created_at as time)",
        "cast(created_at as timestamptz)",
        "cast(created_at as date)",
        "year(created_at)",
        "extract(hour from created_at)",
        "extract(week from expected_close_on)",
        "extract(epoch from expected_close_on)",
        "closed_at - created_at",
        "expected_close_on - cast('2025-01-01' as date)",
        "$today - expected_close_on",
        "local_day(created_at) + 1",
        "created_at + interval (amount) day",
        "created_at at time zone 'Europe/Istanbul'",
        "sum(amount) filter (where is_won) over (order by deal_id)",
        "lag(amount ignore nulls) over (order by deal_id)",
        "* exclude (name)",
        "distinct on (name) name",
    ],
)
def test_what_the_engines_understand_in_different_ways_is_refused(select):
    with pytest.raises(BadQuery):
        parsed(f"select {select} from deals")


def test_a_refusal_says_what_to_say():
    for sql, way_out in (
        ("cast(created_at as date)", "local_day"),
        ("closed_at - created_at", "seconds_between"),
        ("amount * 1.5", "1e0"),
        ("sum(amount) filter (where is_won) over ()", "case when"),
    ):
        with pytest.raises(BadQuery, match=way_out):
            parsed(f"select {sql} from deals")


def test_our_functions_say_how_many_values_they_take():
    with pytest.raises(BadQuery, match="'days_after' takes 2 values, not 1"):
        Meaning(None).of(parsed("select days_after(expected_close_on) from deals"))
