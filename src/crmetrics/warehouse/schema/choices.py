"""What the values of the closed lists are called: one word per value, in every table that has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from crmetrics.vocabulary.language import Message, words

_ = words("schema")

CHOICE_LABELS: Final[Mapping[str, Message]] = MappingProxyType(
    {
        # whom a target is for, who a customer is
        "company": _("Company"),
        "team": _("Team"),
        "owner": _("Owner"),
        "person": _("Person"),
        # stages and forecasts
        "open": _("Open"),
        "won": _("Won"),
        "lost": _("Lost"),
        "pipeline": _("In the pipeline"),
        "best_case": _("Best case"),
        "commit": _("Committed"),
        "closed": _("Closed"),
        "omitted": _("Omitted"),
        "model": _("Model"),
        "submitted": _("Submitted"),
        "override": _("Override"),
        # columns of a deal whose changes are kept
        "amount": _("Amount"),
        "expected_close_on": _("Expected close"),
        "owner_id": _("Owner"),
        "probability": _("Win probability"),
        "forecast_category": _("Forecast category"),
        # costs
        "marketing": _("Marketing"),
        "sales": _("Sales"),
        "service": _("Service"),
        "crm": _("CRM system"),
        "goods_other": _("Other costs of goods"),
        "staff": _("Staff"),
        "overhead": _("Overhead"),
        "other": _("Other"),
        # activities
        "call": _("Call"),
        "email": _("E-mail"),
        "meeting": _("Meeting"),
        "visit": _("Visit"),
        "task": _("Task"),
        "appointment": _("Appointment"),
        "note": _("Note"),
        "chat": _("Chat"),
        "in": _("Incoming"),
        "out": _("Outgoing"),
        "both": _("Both"),
        # events
        "page_view": _("Page view"),
        "product_view": _("Product view"),
        "search": _("Search"),
        "add_to_cart": _("Added to cart"),
        "checkout": _("Checkout"),
        "purchase": _("Purchase"),
        "login": _("Login"),
        "usage": _("Usage"),
        "like": _("Like"),
        "comment": _("Comment"),
        "share": _("Share of a post"),
        "follow": _("Follow"),
        "mention": _("Mention"),
        "click": _("Click"),
        # campaigns
        "ad": _("Advertisement"),
        "sms": _("SMS"),
        "promotion": _("Promotion"),
        "event": _("Event"),
        "social": _("Social media"),
        "print": _("Print"),
        "treated": _("Addressed"),
        "control": _("Control group"),
        # tickets
        "new": _("New"),
        "pending": _("Waiting for the customer"),
        "hold": _("On hold"),
        "solved": _("Solved"),
        "customer": _("Customer"),
        "agent": _("Agent"),
        "bot": _("Bot"),
        "system": _("System"),
        "status": _("Status"),
        "reply": _("Reply"),
        "assign": _("Assignment"),
        "priority": _("Priority"),
        "first_reply": _("First reply"),
        "resolution": _("Resolution"),
        # responses
        "nps": _("NPS"),
        "csat": _("CSAT"),
        "ces": _("CES"),
        "review": _("Review"),
        "free": _("Free text"),
        # competitors
        "price": _("Price"),
        "campaign": _("Campaign"),
        "launch": _("Launch"),
        "feature": _("Feature"),
        "news": _("News"),
    }
)
