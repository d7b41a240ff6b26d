"""What customers ask of us, how it went, and what they think."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, flag, key, link, moment, number, text
from crmetrics.warehouse.schema.table import Check, History, Personal, Table, Type

_ = words("schema")

_SOLVED = "status in ('solved', 'closed')"

TICKETS = Table(
    "tickets",
    _("Tickets"),
    _("One row per request of a customer."),
    (
        key("ticket_id", _("Ticket ID")),
        link("customer_id", "customers", _("Customer")),
        link("product_id", "products", _("Product")),
        link("order_id", "orders", _("Order"), expected=NEVER),
        text("channel", _("Channel")),
        text("category", _("Category")),
        flag("is_complaint", _("Complaint")),
        text("priority", _("Priority")),
        link("owner_id", "employees", _("Owner")),
        choice(
            "status",
            ("new", "open", "pending", "hold", "solved", "closed"),
            _("Status"),
            _("Where the source gives none: from the moments."),
            is_required=True,
            default=(
                "case when closed_at is not null then 'closed' when resolved_at is not null then 'solved' "
                "else 'open' end"
            ),
        ),
        moment("created_at", _("Created"), is_required=True),
        moment("first_reply_at", _("First reply"), expected=_SOLVED),
        moment("resolved_at", _("Resolved"), _("The last time it was solved."), expected=_SOLVED),
        moment("closed_at", _("Closed at"), expected="status = 'closed'"),
        number("reopen_count", _("Times reopened"), of=Type.INTEGER),
        number("reply_count", _("Replies"), of=Type.INTEGER),
        number("handle_minutes", _("Minutes worked"), expected=_SOLVED),
        text("subject", _("Subject"), personal=Personal.SAYS),
        text("body", _("Text"), personal=Personal.SAYS),
        flag("is_spam", _("Spam"), expected=NEVER),
        choice("created_by", ("customer", "agent", "system"), _("Created by")),
    ),
    appears="created_at",
    settles={
        "first_reply_at": ("first_reply_at",),
        "resolved_at": ("resolved_at", "status", "reopen_count", "reply_count", "handle_minutes"),
        "closed_at": ("closed_at", "status"),
    },
    histories=(
        History(
            "ticket_events",
            ("status", "owner_id", "priority"),
            at="occurred_at",
            value="event_value",
            tells="kind",
            names={"owner_id": "assign"},
        ),
    ),
    checks=(
        Check("first_reply_at >= created_at", _("Replied to before it was created."), "first_reply_at"),
        Check("resolved_at >= created_at", _("Resolved before it was created."), "resolved_at"),
        Check("closed_at >= created_at", _("Closed before it was created."), "closed_at"),
        Check("closed_at >= resolved_at", _("Closed before it was resolved."), "closed_at"),
        Check(
            "status not in ('solved', 'closed') or resolved_at is not null",
            _("Solved or closed without the moment of resolution."),
            "resolved_at",
        ),
        Check("reopen_count >= 0", _("The number of times reopened is negative."), "reopen_count"),
        Check("reply_count >= 0", _("The number of replies is negative."), "reply_count"),
        Check("handle_minutes >= 0", _("The minutes worked are negative."), "handle_minutes"),
    ),
)

TICKET_EVENTS = Table(
    "ticket_events",
    _("Ticket history"),
    _("One row per reply to a ticket or change of its status, owner or priority."),
    (
        key("ticket_id", _("Ticket"), references="tickets"),
        key("event_no", _("Number"), of=Type.INTEGER),
        moment("occurred_at", _("Occurred"), is_required=True),
        choice("kind", ("status", "reply", "assign", "priority"), _("Kind"), is_required=True),
        choice("actor_kind", ("customer", "agent", "bot", "system"), _("Whose act"), is_required=True),
        text("actor_id", _("Actor"), _("An employee or a customer, by whose act it is."), expected=NEVER),
        flag("is_public", _("Seen by the customer"), _("Of replies."), expected="kind = 'reply'"),
        text("event_value", _("New value"), _("The new status, owner or priority."), expected="kind <> 'reply'"),
    ),
    appears="occurred_at",
)

RESPONSES = Table(
    "responses",
    _("Responses"),
    _("One row per survey answer, rating, review or free text; asked but unanswered ones too."),
    (
        key("response_id", _("Response ID")),
        choice("kind", ("nps", "csat", "ces", "review", "free"), _("Kind"), is_required=True),
        link("customer_id", "customers", _("Customer")),
        number("score", _("Score"), expected="kind <> 'free' and answered_at is not null"),
        number("scale_max", _("Highest score"), _("10 for NPS."), of=Type.INTEGER, expected="score is not null"),
        flag("is_low_good", _("Low is good"), default="false"),
        text(
            "body", _("Text"), expected="kind in ('review', 'free') and answered_at is not null", personal=Personal.SAYS
        ),
        text("language", _("Language"), expected="body is not null"),
        moment("answered_at", _("Answered"), _("Blank: asked, not answered."), expected="asked_at is null"),
        moment("asked_at", _("Asked"), expected="kind in ('nps', 'csat', 'ces')"),
        link("product_id", "products", _("Product"), expected=NEVER),
        link("ticket_id", "tickets", _("Ticket"), expected=NEVER),
        link("campaign_id", "campaigns", _("Campaign"), expected=NEVER),
        link("order_id", "orders", _("Order"), expected=NEVER),
        link("owner_id", "employees", _("Owner"), expected=NEVER),
        text("channel", _("Channel")),
    ),
    # Who answers was asked before; without that moment nothing of the row is known until the answer.
    appears="asked_at",
    settles={"answered_at": ("answered_at", "score", "body", "language")},
    checks=(
        Check(
            "answered_at is not null or (asked_at is not null and score is null and body is null)",
            _("A score or text without the moment of the answer, or neither asked nor answered."),
            "answered_at",
            is_fatal=True,
        ),
        Check(
            "case when kind = 'nps' then score between 0 and 10 else score >= 1 and score <= scale_max end",
            _("The score is outside its scale."),
            "score",
            is_fatal=True,
        ),
        Check(
            "answered_at is null or score is not null or body is not null",
            _("Answered with neither a score nor a text."),
            "score",
        ),
        Check("answered_at >= asked_at", _("Answered before it was asked."), "answered_at"),
    ),
)
