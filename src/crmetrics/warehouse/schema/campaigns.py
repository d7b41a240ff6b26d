"""Whom we address together, and what followed."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, day, flag, key, moment, text
from crmetrics.warehouse.schema.table import Check, Table, Type

_ = words("schema")

CAMPAIGNS = Table(
    "campaigns",
    _("Campaigns"),
    _("One row per campaign."),
    (
        key("campaign_id", _("Campaign ID")),
        text("name", _("Name"), is_required=True),
        text("channel", _("Channel")),
        choice("kind", ("ad", "email", "sms", "promotion", "event", "social", "print", "other"), _("Kind")),
        day("starts_on", _("Starts on"), is_planned=True),
        day("ends_on", _("Ends on"), is_planned=True),
        text("target_segment", _("Target segment"), expected=NEVER),
        text("salt", _("Salt"), _("Makes the draw of the control group repeatable."), expected=NEVER),
    ),
    appears="starts_on",
    is_shared=True,
    checks=(Check("ends_on >= starts_on", _("Ends before it starts."), "ends_on"),),
)

CAMPAIGN_MEMBERS = Table(
    "campaign_members",
    _("Campaign members"),
    _("One row per customer chosen for a wave of a campaign, and what followed."),
    (
        key("campaign_id", _("Campaign"), references="campaigns"),
        key("customer_id", _("Customer"), references="customers"),
        key("wave", _("Wave"), of=Type.INTEGER, default="1"),
        choice(
            "arm",
            ("treated", "control"),
            _("Group"),
            _("The control group is chosen but not addressed, for comparison."),
            is_required=True,
            default="'treated'",
        ),
        moment("assigned_at", _("Assigned"), is_required=True),
        moment("sent_at", _("Sent"), expected="arm = 'treated'"),
        moment("delivered_at", _("Delivered"), expected="sent_at is not null and bounced_at is null"),
        moment("bounced_at", _("Bounced"), expected=NEVER),
        moment("opened_at", _("Opened"), expected=NEVER),
        moment("clicked_at", _("Clicked"), expected=NEVER),
        moment("replied_at", _("Replied"), expected=NEVER),
        moment("unsubscribed_at", _("Unsubscribed"), expected=NEVER),
        moment("complained_at", _("Complained"), _("Marked as spam."), expected=NEVER),
        moment("converted_at", _("Converted"), expected=NEVER),
        flag("is_machine_open", _("Opened by a machine"), _("A mail program, not a person."), expected=NEVER),
    ),
    appears="assigned_at",
    settles={
        "sent_at": ("sent_at",),
        "delivered_at": ("delivered_at",),
        "bounced_at": ("bounced_at",),
        "opened_at": ("opened_at", "is_machine_open"),
        "clicked_at": ("clicked_at",),
        "replied_at": ("replied_at",),
        "unsubscribed_at": ("unsubscribed_at",),
        "complained_at": ("complained_at",),
        "converted_at": ("converted_at",),
    },
    checks=(
        Check("arm <> 'control' or sent_at is null", _("Sent to a member of the control group."), "sent_at"),
        Check("delivered_at >= sent_at", _("Delivered before it was sent."), "delivered_at"),
        Check("bounced_at >= sent_at", _("Bounced before it was sent."), "bounced_at"),
        Check("opened_at >= sent_at", _("Opened before it was sent."), "opened_at"),
        Check("clicked_at >= sent_at", _("Clicked before it was sent."), "clicked_at"),
        Check("replied_at >= sent_at", _("Replied before it was sent."), "replied_at"),
        Check("unsubscribed_at >= sent_at", _("Unsubscribed before it was sent."), "unsubscribed_at"),
        Check("complained_at >= sent_at", _("Complained before it was sent."), "complained_at"),
        Check("converted_at >= sent_at", _("Converted before it was sent."), "converted_at"),
        Check("converted_at >= assigned_at", _("Converted before being assigned."), "converted_at"),
        Check("opened_at is null or bounced_at is null", _("Both opened and bounced."), "opened_at"),
    ),
)
