"""What the figures are held against: plans, the market, calendars and exchange rates."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, day, flag, key, link, money, number, text
from crmetrics.warehouse.schema.table import Check, Column, Table, Type

_ = words("schema")

_SCOPES = ("company", "team", "owner")

TARGETS = Table(
    "targets",
    _("Targets"),
    _("One row per planned value of a metric, for the company, a team or an owner."),
    (
        key("kpi", _("Metric"), _("Its key in the catalogue.")),
        key("scope", _("Scope"), choices=_SCOPES),
        key(
            "scope_id",
            _("For whom"),
            _("A team's name or an employee; blank for the company."),
            is_required=False,
            expected="scope <> 'company'",
        ),
        key("starts_on", _("Starts on"), of=Type.DATE, is_planned=True),
        day("ends_on", _("Ends on"), _("The first day no longer in it."), is_required=True, is_planned=True),
        number("target_value", _("Target"), is_required=True),
        text("currency", _("Currency"), expected=NEVER),
    ),
    planned_for=True,
    checks=(
        Check("ends_on > starts_on", _("Does not end after it starts."), "ends_on", is_fatal=True),
        Check(
            "(scope = 'company') = (scope_id is null)",
            _("A team or an owner is named exactly where the target is not the company's."),
            "scope_id",
        ),
    ),
)

SLA_TARGETS = Table(
    "sla_targets",
    _("Service promises"),
    _("One row per promised time of reply or resolution, by priority and first day."),
    (
        key("priority", _("Priority")),
        key("kind", _("Kind"), choices=("first_reply", "resolution")),
        key("starts_on", _("Starts on"), of=Type.DATE, is_planned=True),
        number("limit_minutes", _("Limit in minutes"), of=Type.INTEGER, is_required=True),
        text("calendar", _("Calendar"), _("Of the business hours that count.")),
        flag("is_paused_while_pending", _("Paused while pending"), _("Waiting for the customer does not count.")),
    ),
    is_shared=True,
    checks=(Check("limit_minutes > 0", _("The limit is not above 0."), "limit_minutes", is_fatal=True),),
)

COMPETITOR_FACTS = Table(
    "competitor_facts",
    _("Competitor facts"),
    _("One row per fact seen about a competitor."),
    (
        key("fact_id", _("Fact ID")),
        text("competitor", _("Competitor"), is_required=True),
        link("product_id", "products", _("Product"), _("Our product it is held against."), expected="kind = 'price'"),
        choice("kind", ("price", "campaign", "launch", "feature", "news"), _("Kind"), is_required=True),
        money("amount", _("Amount"), expected="kind = 'price'"),
        text("currency", _("Currency"), expected="amount is not null"),
        day("seen_on", _("Seen on"), is_required=True),
        text("note", _("Note"), expected="kind <> 'price'"),
    ),
    appears="seen_on",
    priced_at="seen_on",
    is_shared=True,
)

MARKET_SIZES = Table(
    "market_sizes",
    _("Market sizes"),
    _("One row per demand of a market segment in a region and period, in all or of one competitor."),
    (
        key("segment", _("Segment")),
        key("region", _("Region"), _("The word all: every region."), default="'all'"),
        key("period_start", _("Period starts on"), of=Type.DATE, is_planned=True),
        day("period_end", _("Period ends on"), _("The first day no longer in it."), is_required=True, is_planned=True),
        number("demand_value", _("Demand"), is_required=True),
        text("unit", _("Unit"), _("A currency or the word for what is counted."), is_required=True),
        text("source_note", _("Source"), _("Who says so."), is_required=True),
        flag("is_estimate", _("Estimate")),
        key(
            "competitor",
            _("Competitor"),
            _("Blank: the whole market."),
            is_required=False,
            expected=NEVER,
        ),
    ),
    is_shared=True,
    checks=(Check("period_end > period_start", _("Does not end after it starts."), "period_end", is_fatal=True),),
)

FORECASTS = Table(
    "forecasts",
    _("Forecasts"),
    _("One row per forecast ever made; never updated, only added."),
    (
        key("forecast_id", _("Forecast ID")),
        choice("kind", ("model", "submitted", "override"), _("Kind"), is_required=True),
        text("metric", _("Metric"), _("Its key in the catalogue."), is_required=True),
        choice("scope", _SCOPES, _("Scope"), default="'company'"),
        text(
            "scope_id",
            _("For whom"),
            _("A team's name or an employee; blank for the company."),
            expected="scope <> 'company'",
        ),
        day("period_start", _("Period starts on"), is_required=True, is_planned=True),
        day("period_end", _("Period ends on"), _("The first day no longer in it."), is_required=True, is_planned=True),
        day("made_on", _("Made on"), is_required=True),
        number("amount", _("Forecast"), is_required=True),
        text("currency", _("Currency"), expected=NEVER),
        number("low", _("At least"), expected="kind = 'model'"),
        number("high", _("At most"), expected="kind = 'model'"),
        text("made_by", _("Made by"), expected="kind <> 'model'"),
    ),
    appears="made_on",
    priced_at="made_on",
    planned_for=True,
    checks=(
        Check("period_end > period_start", _("Does not end after it starts."), "period_end", is_fatal=True),
        Check("low <= high", _("The lower end is above the upper end."), "low"),
    ),
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    _("Exchange rates"),
    _("One row per currency and day."),
    (
        key("currency", _("Currency"), _("By ISO 4217.")),
        key("rated_on", _("Rated on"), of=Type.DATE),
        number(
            "rate_to_company",
            _("Rate"),
            _("Units of the company's currency for one unit of this one; valid for 7 days, if no newer one is there."),
            of=Type.RATE,
            is_required=True,
        ),
        text("rate_source", _("Source"), expected=NEVER),
    ),
    appears="rated_on",
    is_shared=True,
    checks=(Check("rate_to_company > 0", _("The rate is not above 0."), "rate_to_company", is_fatal=True),),
)

BUSINESS_HOURS = Table(
    "business_hours",
    _("Business hours"),
    _("One row per span of opening hours of a weekday, by calendar and first day."),
    (
        key("calendar", _("Calendar")),
        key("valid_from", _("Valid from"), of=Type.DATE, is_planned=True),
        key("weekday", _("Weekday"), _("1 is Monday, 7 Sunday."), of=Type.INTEGER),
        key("opens_at", _("Opens at"), of=Type.TIME),
        Column("closes_at", Type.TIME, _("Closes at"), is_required=True),
        text("time_zone", _("Time zone"), _("Such as Europe/Istanbul."), is_required=True),
        text("team", _("Team"), _("Blank: of every team."), expected=NEVER),
    ),
    is_shared=True,
    checks=(
        Check("weekday between 1 and 7", _("The weekday is not between 1 and 7."), "weekday", is_fatal=True),
        Check("closes_at > opens_at", _("Closes before it opens."), "closes_at", is_fatal=True),
    ),
)

HOLIDAYS = Table(
    "holidays",
    _("Holidays"),
    _("One row per day off of a calendar."),
    (
        key("calendar", _("Calendar")),
        key("held_on", _("Day"), of=Type.DATE, is_planned=True),
        text("name", _("Name")),
        flag(
            "is_half_day",
            _("Half day"),
            _("Only the first half of the day's opening minutes counts."),
            default="false",
        ),
        flag(
            "is_working_day",
            _("Worked"),
            _("No day off: a day of the weekend that is worked in exchange for another."),
            default="false",
        ),
    ),
    is_shared=True,
)
