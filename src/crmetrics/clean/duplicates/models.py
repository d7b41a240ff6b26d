"""The models: a person, a company, a contact person of a company."""

from __future__ import annotations

from typing import Final

from crmetrics.clean.duplicates.fields import (
    BORN_ON,
    COMPANY,
    COMPANY_NAME,
    COUNTRY,
    DOMAIN,
    MAIL,
    PERSON_NAME,
    PHONE,
    PLACE,
    STREET,
    TAX_NUMBER,
    Model,
)

_REACHED: Final = (("mail", "mail"), ("phone", "phone"), ("tax", "tax"))

PERSON: Final = Model(
    "person",
    (PERSON_NAME, MAIL, PHONE, TAX_NUMBER, BORN_ON, STREET, PLACE),
    (
        *_REACHED,
        ("local", "case when length(mail_local) >= 5 then mail_local end"),
        ("name", "name_key"),
        ("born", "born"),
        ("street", "street || coalesce(city, '')"),
        ("born_first", "born || first"),
        ("born_last", "born || last"),
        ("last_postcode", "last || '|' || postcode"),
        ("last_city", "last || '|' || city"),
        ("first_place", "first || '|' || coalesce(postcode, city)"),
        ("begins", "left(first, 3) || '|' || left(last, 4) || coalesce(left(city, 2), '')"),
        ("name_city", "name_key || '|' || city"),
    ),
)

ORGANISATION: Final = Model(
    "company",
    (COMPANY_NAME, MAIL, PHONE, TAX_NUMBER, DOMAIN, STREET, PLACE, COUNTRY),
    (
        *_REACHED,
        ("name", "name_key"),
        ("squeezed", "squeezed"),
        ("domain", "domain"),
        ("domain_city", "domain || '|' || city"),
        ("name_city", "name_key || '|' || city"),
        ("begins", "left(squeezed, 8)"),
        ("begins_city", "left(squeezed, 5) || '|' || city"),
        ("first_city", "first || '|' || city"),
        ("street", "street || coalesce(city, '')"),
        ("last_postcode", "first || '|' || postcode"),
    ),
)

CONTACT: Final = Model(
    "contact",
    (PERSON_NAME, MAIL, PHONE, COMPANY),
    (
        ("mail", "mail"),
        ("phone", "phone"),
        ("local", "case when length(mail_local) >= 5 then mail_local end"),
        ("name", "name_key"),
        ("last_company", "last || '|' || company"),
        ("first_company", "first || '|' || company"),
        ("begins", "left(first, 3) || '|' || left(last, 4) || '|' || company"),
    ),
)
