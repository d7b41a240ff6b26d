"""Words among values that stand for our own: "Kazanıldı" is won, "Arama" is a call, "Beklemede" is pending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from crmetrics.clean.understanding.headers import folded

WON: Final = ("won", "kazan", "виграно", "выигран", "успішн", "успешн", "赢", "成交", "closedwon", "closed won")
LOST: Final = (
    "lost",
    "kaybed",
    "kayıp",
    "програ",
    "втрачен",
    "проигр",
    "потер",
    "провал",
    "输",
    "丢单",
    "失败",
    "closedlost",
    "dropped",
)

CHOICES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType({
    "activities.kind": {
        "call": ("call", "phone", "arama", "telefon", "дзвін", "звон", "电话", "通话"),
        "email": ("mail", "eposta", "e-posta", "лист", "письм", "邮件"),
        "meeting": ("meeting", "toplantı", "görüşme", "зустріч", "нарад", "встреч", "совещан", "会议", "会面", "demo", "event"),
        "visit": ("visit", "ziyaret", "візит", "визит", "拜访"),
        "chat": ("chat", "sms", "whatsapp", "mesaj", "чат", "聊天", "微信"),
        "note": ("note", "not", "нотат", "заметк", "备注"),
        "appointment": ("appointment", "randevu", "预约"),
        "task": ("task", "to do", "todo", "follow", "görev", "завдан", "задач", "任务", "待办"),
    },
    "tickets.status": {
        "pending": ("pending", "beklemede", "waiting", "очіку", "ожида", "待处理", "等待"),
        "hold": ("hold", "askıda", "призупин", "приостан", "挂起"),
        "solved": ("solved", "resolved", "çözül", "вирішен", "решен", "已解决"),
        "closed": ("closed", "kapalı", "kapatıl", "закрит", "закрыт", "已关闭", "deleted"),
        "new": ("new", "yeni", "нов", "新建"),
        "open": ("open", "açık", "відкрит", "открыт", "в роботі", "в работе", "处理中", "打开", "progress"),
    },
    "customers.kind": {
        "company": (
            "company", "business", "corporate", "organi", "b2b", "kurumsal", "tüzel", "юр", "компан", "企业", "公司", "home office",
        ),
        "person": ("person", "individual", "consumer", "private", "b2c", "bireysel", "gerçek", "фіз", "физ", "个人"),
    },
    "campaigns.kind": {
        "email": ("mail", "eposta", "письм", "лист", "邮件"),
        "sms": ("sms",),
        "social": ("social", "sosyal", "соц", "社交"),
        "ad": ("ad", "reklam", "реклам", "ppc", "banner", "广告"),
        "event": ("event", "etkinlik", "захід", "мероприят", "活动"),
        "print": ("print", "catalog", "katalog", "type", "друк"),
        "promotion": ("promo", "discount", "indirim", "акці", "акци", "促销"),
    },
    "costs.kind": {
        "marketing": ("market", "advert", "reklam", "pazarlama", "реклам", "маркет", "营销", "广告"),
        "sales": ("sales", "satış", "продаж", "销售"),
        "service": ("service", "support", "servis", "destek", "сервіс", "сервис", "服务"),
        "staff": ("staff", "salar", "wage", "personel", "maaş", "зарплат", "人员", "工资"),
        "overhead": ("rent", "office", "overhead", "kira", "genel", "оренд", "аренд", "租"),
    },
})  # fmt: skip
"""Choices of the schema, with the beginnings or parts of words that stand for them."""


def is_won(value: str) -> bool | None:
    """Whether a stage or status says that a deal was won (True) or lost (False); None if neither."""
    text = folded(value)
    if any(word in text for word in LOST):
        return False
    return True if any(word in text for word in WON) else None


@cache
def _countries() -> dict[str, str]:
    """The names of countries in our languages and some others, and their codes of three letters, by ISO 3166-1."""
    from babel import Locale
    from babel.core import get_global

    found: dict[str, str] = {}
    for language in ("en", "tr", "uk", "ru", "zh", "de"):
        names = Locale(language).territories
        found.update({folded(name): code for code, name in names.items() if len(code) == 2 and code.isalpha()})
    aliases = get_global("territory_aliases")
    found.update({folded(old): new[0] for old, new in aliases.items() if len(old) == 3 and len(new) == 1})
    found.update({"usa": "US", "u.s.a.": "US", "uk": "GB", "great britain": "GB", "england": "GB", "eire": "IE", "korea": "KR",
                  "türkiye": "TR", "turkey": "TR", "turkiye": "TR", "rsa": "ZA", "uae": "AE", "holland": "NL"})  # fmt: skip
    return found


def country_map(values: Iterable[str]) -> dict[str, str]:
    """Names of countries to their codes; codes, and what is no country that we know, are left out."""
    return {
        value: code
        for value in values
        if not (len(value) == 2 and value.isupper()) and (code := _countries().get(folded(value)))
    }


def choice_map(column: str, values: Iterable[str]) -> dict[str, str]:
    """Values to choices of a column such as `activities.kind`; those that are not known are left out."""
    known = CHOICES.get(column, {})
    found = {}
    for value in values:
        text = folded(value)
        meant = next((choice for choice, parts in known.items() if any(part in text for part in parts)), None)
        if meant:
            found[value] = meant
    return found
