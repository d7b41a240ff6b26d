"""How a customer is reached, made comparable: e-mail addresses and phone numbers; those that belong to a role are left out."""

from __future__ import annotations

import re
from typing import Final

ROLES: Final = frozenset(
    [
        "info",
        "contact",
        "contacts",
        "hello",
        "mail",
        "email",
        "office",
        "admin",
        "administrator",
        "support",
        "help",
        "service",
        "services",
        "sales",
        "marketing",
        "billing",
        "accounts",
        "accounting",
        "invoice",
        "invoices",
        "finance",
        "hr",
        "jobs",
        "careers",
        "press",
        "noreply",
        "no-reply",
        "donotreply",
        "postmaster",
        "webmaster",
        "enquiries",
        "inquiries",
        "reception",
        "team",
        "kontakt",
        "buchhaltung",
        "vertrieb",
        "iletisim",
        "bilgi",
        "satis",
        "destek",
        "muhasebe",
        "fatura",
        "zakaz",
        "prodazh",
        "buh",
        "buhgalter",
        "bukhgalter",
        "zakupki",
        "service1",
        "kefu",
        "xiaoshou",
        "caiwu",
    ]
)
"""Boxes of a role: whoever writes from one is not a person."""

FREE_MAIL: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.co.uk",
        "ymail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.com",
        "proton.me",
        "protonmail.com",
        "zoho.com",
        "yandex.com",
        "yandex.ru",
        "yandex.com.tr",
        "mail.ru",
        "bk.ru",
        "list.ru",
        "inbox.ru",
        "rambler.ru",
        "ukr.net",
        "i.ua",
        "meta.ua",
        "bigmir.net",
        "online.ua",
        "qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "139.com",
        "189.cn",
        "aliyun.com",
        "mynet.com",
        "superonline.com",
        "ttmail.com",
        "hotmail.co.uk",
        "hotmail.com.tr",
        "windowslive.com",
        "example.com",
        "example.org",
        "example.net",
    ]
)
"""Hosts of everybody's mail: such a domain says nothing of a company."""

_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INTERNATIONAL: Final = re.compile(r"\+[1-9]\d{7,14}")


def comparable_mail(text: str) -> str | None:
    """An address for comparison: lower case, without what follows a "+"; None for a role's box or for what is no address."""
    text = text.strip().casefold()
    if not _MAIL.fullmatch(text):
        return None
    local, _at, domain = text.rpartition("@")
    local = local.partition("+")[0] or local
    return None if is_role(local) else f"{local}@{domain}"


def is_role(local: str) -> bool:
    """Whether the part before the @ names a role, such as info or sales2."""
    return local.strip("0123456789") in ROLES or local in ROLES


def domain_of(text: str) -> str | None:
    """The domain of an address (a role's box has one, too); None for a host of everybody's mail."""
    _local, at, domain = text.strip().casefold().rpartition("@")
    return domain if at and "." in domain and domain not in FREE_MAIL else None


def comparable_phone(text: str, country: str | None) -> str | None:
    """A number in its international form, read by the customer's country where it names none; else its digits, without
    leading zeros; None for fewer than six digits."""
    text = text.strip()
    if _INTERNATIONAL.fullmatch(text):
        return text
    import phonenumbers  # heavy: only where a number is not in its international form yet

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    digits = re.sub(r"\D", "", text).lstrip("0")
    return digits if len(digits) >= 6 else None
