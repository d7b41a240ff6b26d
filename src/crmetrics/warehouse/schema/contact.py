"""How we and our customers meet: what our people do, and what visitors and users do."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, flag, key, link, moment, number, text
from crmetrics.warehouse.schema.table import Check, Personal, Table

_ = words("schema")

ACTIVITIES = Table(
    "activities",
    _("Activities"),
    _("One row per call, e-mail, meeting, visit, task, appointment, note or chat."),
    (
        key("activity_id", _("Activity ID")),
        choice(
            "kind",
            ("call", "email", "meeting", "visit", "task", "appointment", "note", "chat"),
            _("Kind"),
            is_required=True,
        ),
        link("customer_id", "customers", _("Customer")),
        link("contact_id", "contacts", _("Contact person"), expected=NEVER),
        link("deal_id", "deals", _("Deal"), expected=NEVER),
        link("lead_id", "leads", _("Lead"), expected=NEVER),
        link("owner_id", "employees", _("Owner")),
        moment("created_at", _("Created"), is_required=True),
        moment("due_at", _("Due"), expected="kind in ('task', 'appointment')", is_planned=True),
        moment("done_at", _("Done"), _("Blank: not yet done."), expected=NEVER),
        number(
            "duration_minutes",
            _("Minutes"),
            expected="done_at is not null and kind in ('call', 'meeting', 'visit', 'appointment')",
        ),
        choice(
            "direction",
            ("in", "out", "both"),
            _("Direction"),
            _("In: from the customer. Both: a talk with words from both sides."),
            expected="kind in ('call', 'email', 'chat')",
        ),
        text(
            "outcome",
            _("Outcome"),
            _("Such as answered, no_answer, kept, no_show, cancelled."),
            expected="done_at is not null and kind in ('call', 'appointment')",
        ),
        text("subject", _("Subject"), personal=Personal.SAYS),
    ),
    appears="created_at",
    settles={"done_at": ("done_at", "outcome", "duration_minutes")},
    checks=(
        Check("duration_minutes >= 0", _("The duration is negative."), "duration_minutes"),
        Check("kind <> 'appointment' or due_at is not null", _("An appointment without its moment."), "due_at"),
    ),
)

EVENTS = Table(
    "events",
    _("Events"),
    _("One row per act of a visitor or user: on the web, in a product, in social media."),
    (
        key("event_id", _("Event ID")),
        choice(
            "kind",
            (
                *("page_view", "product_view", "search", "add_to_cart", "checkout", "purchase", "login", "usage"),
                *("like", "comment", "share", "follow", "mention", "click"),
            ),
            _("Kind"),
            is_required=True,
        ),
        moment("occurred_at", _("Occurred"), is_required=True),
        link("customer_id", "customers", _("Customer"), _("Customer or visitor must be known."), expected=NEVER),
        text("visitor_id", _("Visitor"), expected="customer_id is null", personal=Personal.NAMES),
        text(
            "session_id",
            _("Session"),
            expected="kind in ('page_view', 'product_view', 'search', 'add_to_cart')",
            personal=Personal.NAMES,
        ),
        text("channel", _("Channel")),
        link("campaign_id", "campaigns", _("Campaign"), expected=NEVER),
        link("product_id", "products", _("Product"), expected="kind in ('product_view', 'add_to_cart', 'purchase')"),
        text("url", _("Address of the page"), expected="kind in ('page_view', 'product_view')", personal=Personal.SAYS),
        text(
            "term",
            _("Words"),
            _("What was searched for, or the post."),
            expected="kind = 'search'",
            personal=Personal.SAYS,
        ),
        number("quantity", _("Quantity"), _("Amount of use, reach."), expected="kind = 'usage'"),
        flag("is_bot", _("Bot"), expected=NEVER),
    ),
    appears="occurred_at",
    checks=(
        Check(
            "customer_id is not null or visitor_id is not null",
            _("Neither the customer nor the visitor is known."),
            "customer_id",
            is_fatal=True,
        ),
    ),
)
