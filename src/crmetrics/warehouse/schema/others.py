"""What other systems show of the same things, to be held against ours."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, day, flag, key, money, text
from crmetrics.warehouse.schema.table import Table, Type

_ = words("quality")

OTHER_RECORDS = Table(
    "other_records",
    _("Records of other systems"),
    _("One row per order, invoice, payment or won deal as another system shows it."),
    (
        key("record_id", _("Record ID"), _("By which it is found here: that of the order, invoice, payment or deal.")),
        key("other_system", _("Other system")),
        key("of_table", _("Of table"), _("One of: orders, invoices, payments, deals.")),
        key("line_no", _("Line"), _("A second row of the same record is a duplicate there."), of=Type.INTEGER),
        day("stated_on", _("Stated date"), _("The day that the other system counts it on."), is_required=True),
        money("amount", _("Amount"), _("As the other system counts it."), is_required=True),
        text("currency", _("Currency"), is_required=True),
        flag("is_cancelled", _("Cancelled"), _("The other system does not count it either."), default="false"),
        money("tax_amount", _("Tax"), _("What of the amount is tax, where it is said."), expected=NEVER),
    ),
    priced_at="stated_on",
)
