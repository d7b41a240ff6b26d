"""Whom we sell to, and who sells."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, day, flag, key, link, moment, money, number, text
from crmetrics.warehouse.schema.table import Check, Personal, Table, Type

_ = words("schema")

EMPLOYEES = Table(
    "employees",
    _("Employees"),
    _("One row per sales representative, agent or manager."),
    (
        key("employee_id", _("Employee ID")),
        text("name", _("Name"), default="employee_id", personal=Personal.NAMES),
        text("team", _("Team")),
        link("manager_id", "employees", _("Manager"), _("The employee he or she reports to, without a circle.")),
        text("job_title", _("Job title")),
        day("hired_on", _("Hired on")),
        day("left_on", _("Left on"), _("Blank: still employed."), expected=NEVER),
        money("hourly_cost", _("Hourly cost"), personal=Personal.DESCRIBES),
        text("currency", _("Currency"), expected="hourly_cost is not null"),
        flag("is_bot", _("Bot"), _("A program that acts as an agent."), expected=NEVER),
    ),
    appears="hired_on",
    settles={"left_on": ("left_on",)},
    checks=(
        Check("left_on >= hired_on", _("Left before being hired."), "left_on"),
        Check("manager_id <> employee_id", _("Reports to himself or herself."), "manager_id"),
        Check("hourly_cost >= 0", _("The hourly cost is negative."), "hourly_cost"),
    ),
)

CUSTOMERS = Table(
    "customers",
    _("Customers"),
    _("One row per person or company we sell or may sell to."),
    (
        key("customer_id", _("Customer ID")),
        text("name", _("Name"), default="customer_id", personal=Personal.NAMES),
        choice(
            "kind",
            ("person", "company"),
            _("Kind"),
            _("Company where an industry or a number of employees is given, otherwise person."),
            is_required=True,
            default="case when industry is not null or employees is not null then 'company' else 'person' end",
        ),
        text("email", _("E-mail"), _("Lower case. Several customers may share one."), personal=Personal.NAMES),
        text("phone", _("Phone"), _("In the international form, such as +905321234567."), personal=Personal.NAMES),
        text("tax_number", _("Tax number"), expected="kind = 'company'", personal=Personal.NAMES),
        text("country", _("Country"), _("Two letters by ISO 3166-1.")),
        text("region", _("Region")),
        text("city", _("City"), personal=Personal.DESCRIBES),
        text("gender", _("Gender"), expected="kind = 'person'", personal=Personal.DESCRIBES),
        day("born_on", _("Born on"), expected="kind = 'person'", personal=Personal.DESCRIBES),
        text("occupation", _("Occupation"), expected="kind = 'person'", personal=Personal.DESCRIBES),
        text("industry", _("Industry"), expected="kind = 'company'"),
        text("size_band", _("Size"), _("A band of the company's size, such as 10-49."), expected="kind = 'company'"),
        number("employees", _("Number of employees"), of=Type.INTEGER, expected="kind = 'company'"),
        money("annual_revenue", _("Annual revenue"), expected="kind = 'company'"),
        text("currency", _("Currency"), _("Of the annual revenue."), expected="annual_revenue is not null"),
        link("owner_id", "employees", _("Owner")),
        text("source", _("Source"), _("How we got to know the customer; not the importing system.")),
        moment(
            "created_at",
            _("Created"),
            _(
                "When the record was made, not the first contact. Derived: the first dated trace of the customer, "
                "which then is no evidence of a first contact."
            ),
        ),
        link("parent_id", "customers", _("Parent company"), _("Without a circle."), expected=NEVER),
        flag("is_marketing_allowed", _("Marketing allowed"), _("Blank: not asked, treated as not allowed.")),
        flag("is_internal", _("Internal"), _("Staff and test records, left out everywhere."), expected=NEVER),
        text("loyalty_tier", _("Loyalty tier")),
    ),
    appears="created_at",
    checks=(
        Check(
            "born_on < current_date and born_on > current_date - interval 120 year",
            _("Born in the future, or 120 years ago or more."),
            "born_on",
        ),
        Check("employees >= 0", _("The number of employees is negative."), "employees"),
        Check("parent_id <> customer_id", _("The customer is its own parent company."), "parent_id"),
        Check("country is null or length(country) = 2", _("The country is not two letters by ISO 3166-1."), "country"),
    ),
)

CONTACTS = Table(
    "contacts",
    _("Contact persons"),
    _("One row per person we speak with at a company."),
    (
        key("contact_id", _("Contact person ID")),
        link("customer_id", "customers", _("Customer"), _("The company."), is_required=True),
        text("name", _("Name"), is_required=True, personal=Personal.NAMES),
        text("email", _("E-mail"), personal=Personal.NAMES),
        text("phone", _("Phone"), personal=Personal.NAMES),
        text("job_title", _("Job title"), personal=Personal.DESCRIBES),
    ),
    appears_with="customer_id",
)
