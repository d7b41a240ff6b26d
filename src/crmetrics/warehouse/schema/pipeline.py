"""From interest to a decided deal, with its history."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, day, flag, key, link, moment, money, number, text
from crmetrics.warehouse.schema.table import Check, History, Personal, Table, Type

_ = words("schema")

FORECAST_CATEGORIES = ("pipeline", "best_case", "commit", "closed", "omitted")

STAGES = Table(
    "stages",
    _("Stages"),
    _("One row per stage of a pipeline, in order."),
    (
        key("pipeline", _("Pipeline"), _("A pipeline named leads holds the stages of leads."), default="'main'"),
        key("stage", _("Stage")),
        number(
            "stage_no",
            _("Place"),
            _("The order in the pipeline: no number twice, won and lost after all open ones."),
            of=Type.INTEGER,
            is_required=True,
        ),
        choice("kind", ("open", "won", "lost"), _("Kind"), is_required=True),
        number("probability", _("Win probability"), _("From 0 to 1."), of=Type.SHARE, expected="kind = 'open'"),
    ),
    is_shared=True,
    checks=(Check("probability between 0 and 1", _("The probability is not between 0 and 1."), "probability"),),
)

DEALS = Table(
    "deals",
    _("Deals"),
    _("One row per deal, open or decided."),
    (
        key("deal_id", _("Deal ID")),
        link("customer_id", "customers", _("Customer")),
        link("owner_id", "employees", _("Owner")),
        text("pipeline", _("Pipeline"), is_required=True, default="'main'"),
        text("stage", _("Stage"), _("An unknown stage is added to the stages as an open one, last."), is_required=True),
        text("name", _("Deal name"), personal=Personal.SAYS),
        text("source", _("Source"), _("Where the deal came from.")),
        link("campaign_id", "campaigns", _("Campaign"), expected=NEVER),
        money("amount", _("Amount"), _("Blank is not 0: the amount is unknown.")),
        text("currency", _("Currency"), expected="amount is not null"),
        number(
            "probability", _("Win probability"), _("As typed, from 0 to 1."), of=Type.SHARE, expected="is_won is null"
        ),
        choice(
            "forecast_category",
            FORECAST_CATEGORIES,
            _("Forecast category"),
            _(
                "Where the source gives none: won deals and a probability of 100 % are closed, lost deals omitted, "
                "under 40 % pipeline, under 60 % best case, above commit."
            ),
            default=(
                "case when is_won = false then 'omitted' when is_won = true or probability >= 1 then 'closed' "
                "when probability < 4e-1 then 'pipeline' when probability < 6e-1 then 'best_case' "
                "when probability < 1 then 'commit' end"
            ),
            expected="is_won is null",
        ),
        moment(
            "created_at",
            _("Created"),
            _(
                "Derived: the first stage entered, else the first activity. Where it stays blank the deal counts as "
                "open or decided, but not in durations or in cohorts of entry."
            ),
        ),
        day("expected_close_on", _("Expected close"), expected="is_won is null", is_planned=True),
        moment(
            "closed_at",
            _("Closed at"),
            _("Filled exactly where the deal is won or lost."),
            expected="is_won is not null",
        ),
        flag("is_won", _("Won"), _("Yes: won. No: lost. Blank: open."), expected="closed_at is not null"),
        text("loss_reason", _("Loss reason"), expected="is_won = false"),
        text("competitor", _("Competitor"), _("Several are separated by a semicolon."), expected=NEVER),
    ),
    appears="created_at",
    settles={"closed_at": ("closed_at", "is_won", "loss_reason", "competitor")},
    histories=(
        History("deal_stages", ("stage",), at="entered_at", value="stage"),
        History(
            "deal_changes",
            ("amount", "expected_close_on", "owner_id", "probability", "forecast_category"),
            at="changed_at",
            value="new_value",
            before="old_value",
            tells="field_name",
        ),
    ),
    priced_at="closed_at",
    checks=(
        Check("amount >= 0", _("The amount is negative."), "amount"),
        Check("probability between 0 and 1", _("The probability is not between 0 and 1."), "probability"),
        Check("closed_at >= created_at", _("Closed before it was created."), "closed_at"),
        Check(
            "(closed_at is null) = (is_won is null)",
            _("A deal has a closing moment exactly where it is won or lost."),
            "closed_at",
        ),
        Check("amount is null or currency is not null", _("An amount without a currency."), "currency"),
    ),
)

LEADS = Table(
    "leads",
    _("Leads"),
    _("One row per expressed interest that is not yet a deal."),
    (
        key("lead_id", _("Lead ID")),
        link("customer_id", "customers", _("Customer"), expected=NEVER),
        text("name", _("Name"), personal=Personal.NAMES),
        text("email", _("E-mail"), personal=Personal.NAMES),
        text("phone", _("Phone"), personal=Personal.NAMES),
        text("company", _("Company"), personal=Personal.NAMES),
        text("source", _("Source"), _("Where the interest came from.")),
        link("campaign_id", "campaigns", _("Campaign"), expected=NEVER),
        link("owner_id", "employees", _("Owner")),
        moment("created_at", _("Created"), is_required=True),
        moment("qualified_at", _("Qualified"), expected=NEVER),
        moment("disqualified_at", _("Disqualified"), expected=NEVER),
        text("disqualify_reason", _("Reason of disqualification"), expected="disqualified_at is not null"),
        link("deal_id", "deals", _("Deal"), _("The deal it became."), expected=NEVER),
    ),
    appears="created_at",
    settles={
        "qualified_at": ("qualified_at", "deal_id"),
        "disqualified_at": ("disqualified_at", "disqualify_reason"),
    },
    checks=(
        Check("qualified_at >= created_at", _("Qualified before it was created."), "qualified_at"),
        Check("disqualified_at >= created_at", _("Disqualified before it was created."), "disqualified_at"),
    ),
)

DEAL_STAGES = Table(
    "deal_stages",
    _("Stage history"),
    _("One row per visit of a deal to a stage."),
    (
        key("deal_id", _("Deal"), references="deals"),
        key("stage", _("Stage")),
        key("entered_at", _("Entered"), of=Type.MOMENT),
        moment("left_at", _("Left"), _("Blank: still there."), expected=NEVER),
    ),
    appears="entered_at",
    settles={"left_at": ("left_at",)},
    checks=(Check("left_at >= entered_at", _("Left before it was entered."), "left_at"),),
)

DEAL_CHANGES = Table(
    "deal_changes",
    _("Deal changes"),
    _("One row per change of a deal's amount, expected close, owner, probability or forecast category."),
    (
        key("deal_id", _("Deal"), references="deals"),
        key("changed_at", _("Changed"), of=Type.MOMENT),
        key(
            "field_name",
            _("Field"),
            choices=("amount", "expected_close_on", "owner_id", "probability", "forecast_category"),
        ),
        text("old_value", _("Value before"), expected=NEVER),
        text("new_value", _("Value after"), expected=NEVER),
    ),
    appears="changed_at",
)

DEAL_PRODUCTS = Table(
    "deal_products",
    _("Products of deals"),
    _("One row per product line of a deal."),
    (
        key("deal_id", _("Deal"), references="deals"),
        key("line_no", _("Line"), of=Type.INTEGER),
        link("product_id", "products", _("Product")),
        number("quantity", _("Quantity"), is_required=True),
        money("unit_price", _("Unit price"), _("In the currency of the deal.")),
    ),
    appears_with="deal_id",
)

QUOTES = Table(
    "quotes",
    _("Quotes"),
    _("One row per quote, sent or draft."),
    (
        key("quote_id", _("Quote ID")),
        link("deal_id", "deals", _("Deal")),
        link("customer_id", "customers", _("Customer")),
        link("owner_id", "employees", _("Owner")),
        moment("sent_at", _("Sent"), _("Blank: a draft."), expected=NEVER),
        money("amount", _("Amount")),
        text("currency", _("Currency"), expected="amount is not null"),
        money("discount", _("Discount"), expected=NEVER),
        day("expires_on", _("Expires on"), is_planned=True),
        moment("accepted_at", _("Accepted"), expected=NEVER),
        moment("rejected_at", _("Rejected"), expected=NEVER),
        text("reject_reason", _("Reason of rejection"), expected="rejected_at is not null"),
    ),
    appears="sent_at",
    settles={"accepted_at": ("accepted_at",), "rejected_at": ("rejected_at", "reject_reason")},
    priced_at="sent_at",
    checks=(
        Check("accepted_at is null or rejected_at is null", _("Both accepted and rejected."), "rejected_at"),
        Check("accepted_at >= sent_at", _("Accepted before it was sent."), "accepted_at"),
        Check("rejected_at >= sent_at", _("Rejected before it was sent."), "rejected_at"),
    ),
)
