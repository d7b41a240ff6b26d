"""Words among values that stand for our own: "Kazanıldı" is won, "Arama" is a call, "Beklemede" is pending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        "solved": ("solved", "resolved", "çözül", "вирішен", "виріше", "решен", "已解决"),
        "closed": ("closed", "kapalı", "kapatıl", "kapan", "закрит", "закрыт", "已关闭", "deleted"),
        "new": ("new", "yeni", "нов", "新建"),
        "open": ("open", "açık", "відкрит", "working", "открыт", "в роботі", "в работе", "处理中", "打开", "progress"),
    },
    "customers.kind": {
        "company": (
            "company", "business", "corporate", "organi", "b2b", "kurumsal", "tüzel", "юр", "компан", "firma", "şirket",
            "фірма", "фирма", "организ", "організ", "企业", "公司", "home office",
        ),
        "person": ("person", "individual", "consumer", "private", "b2c", "bireysel", "gerçek", "şahıs", "kişi",
                   "особа", "фіз", "физ", "частн", "приватн", "个人"),
    },
    "campaigns.kind": {
        "email": ("mail", "eposta", "e-posta", "письм", "лист", "розсилк", "рассылк", "邮件"),
        "sms": ("sms", "短信"),
        "social": ("social", "sosyal", "соц", "社交"),
        "ad": ("ad", "reklam", "реклам", "ppc", "banner", "广告"),
        "event": ("event", "etkinlik", "fuar", "захід", "подія", "мероприят", "活动"),
        "print": ("print", "catalog", "katalog", "type", "друк"),
        "promotion": ("promo", "discount", "indirim", "акці", "акци", "促销"),
    },
    "costs.kind": {
        "marketing": ("market", "advert", "reklam", "pazarlama", "реклам", "маркет", "营销", "市场", "广告"),
        "sales": ("sales", "satış", "продаж", "crm", "销售"),
        "service": ("service", "support", "servis", "destek", "сервіс", "сервис", "服务"),
        "staff": ("staff", "salar", "wage", "personel", "maaş", "зарплат", "人员", "工资"),
        "overhead": ("rent", "office", "overhead", "kira", "genel", "general", "загальн", "общ", "管理", "оренд", "аренд", "租"),
    },
    "stages.kind": {
        "won": WON,
        "lost": LOST,
        "open": ("open", "açık", "відкрит", "открыт", "進行", "进行", "打开", "progress", "active"),
    },
    "campaign_members.arm": {
        "control": ("control", "kontrol", "контрол", "holdout", "对照"),
        "treated": ("treat", "test", "reached", "contacted", "mailed", "ulaş", "охопл", "охват", "触达", "实验"),
    },
    "ticket_events.kind": {
        "status": ("status", "durum", "статус", "стан", "状态"),
        "reply": ("reply", "comment", "response", "yanıt", "cevap", "відповід", "ответ", "回复"),
        "assign": ("assign", "owner", "atama", "признач", "назнач", "分配"),
        "priority": ("priority", "öncelik", "пріоритет", "приоритет", "优先"),
    },
    "ticket_events.actor_kind": {
        "customer": ("customer", "client", "requester", "müşteri", "клієнт", "клиент", "客户"),
        "bot": ("bot", "robot", "робот", "机器人"),
        "system": ("system", "sistem", "систем", "系统"),
        "agent": ("agent", "staff", "temsilci", "агент", "оператор", "客服"),
    },
    "tickets.created_by": {
        "customer": ("customer", "client", "müşteri", "клієнт", "клиент", "客户"),
        "system": ("system", "sistem", "систем", "系统"),
        "agent": ("agent", "staff", "temsilci", "агент", "оператор", "客服"),
    },
    "responses.kind": {
        "nps": ("nps", "promoter"),
        "csat": ("csat", "satisf", "memnun", "задовол", "удовлетв", "满意"),
        "ces": ("ces", "effort"),
        "review": ("review", "yorum", "відгук", "отзыв", "评论"),
    },
    "deals.forecast_category": {
        "best_case": ("best", "en iyi", "найкращ", "лучш", "最好"),
        "commit": ("commit", "taahhüt", "зобов", "обязат", "承诺"),
        "closed": ("closed", "kapan", "закрит", "закрыт", "成交"),
        "omitted": ("omit", "hariç", "не врахов", "исключ", "不计"),
        "pipeline": ("pipeline", "huni", "воронк", "管道"),
    },
    "deal_changes.field_name": {
        "expected_close_on": ("clos", "kapan", "закрит", "закрыт", "成交"),
        "owner_id": ("owner", "sorumlu", "temsilci", "відповід", "ответств", "менедж", "负责"),
        "amount": ("amount", "value", "tutar", "сум", "金额"),
        "probability": ("probab", "olasılık", "імовір", "ймовір", "вероят", "可能", "概率"),
        "forecast_category": ("forecast", "tahmin", "прогноз", "预测"),
    },
    "targets.scope": {
        "company": ("company", "şirket", "firma", "компан", "公司"),
        "team": ("team", "ekip", "команд", "відділ", "отдел", "团队"),
        "owner": ("owner", "rep", "agent", "temsilci", "менедж", "代表", "负责"),
    },
    "activities.direction": {
        "both": ("both", "karşılıklı", "обопіль", "обоюд", "双向"),
        "in": ("in", "gelen", "вхід", "входящ", "呼入", "来"),
        "out": ("out", "giden", "вихід", "исход", "呼出", "去"),
    },
})  # fmt: skip
"""Choices of the schema, with the beginnings or parts of words that stand for them."""


def is_won(value: str) -> bool | None:
    """Whether a stage or status says that a deal was won (True) or lost (False); None if neither."""
    text = folded(value)
    if any(folded(word) in text for word in LOST):
        return False
    return True if any(folded(word) in text for word in WON) else None


def choice_map(column: str, values: Iterable[str]) -> dict[str, str]:
    """Values to choices of a column such as `activities.kind`; those that are not known are left out."""
    known = CHOICES.get(column, {})
    found = {}
    for value in values:
        text = folded(value)
        meant = next((choice for choice, parts in known.items() if any(folded(part) in text for part in parts)), None)
        if meant:
            found[value] = meant
    return found


def won_map(values: Iterable[str]) -> dict[str, str]:
    """Stages and outcomes that say won or lost, as true and false."""
    return {value: str(won).lower() for value in values if (won := is_won(value)) is not None}


def same_words(values: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Words that differ in capitals alone (TEKLİF, Teklif), as the commonest of them is written."""
    spellings: dict[str, list[tuple[int, str]]] = {}
    for value, times in values:
        spellings.setdefault(" ".join(folded(value).split()), []).append((times, value))
    return {
        value: max(alike)[1]
        for alike in spellings.values()
        if len(alike) > 1
        for _times, value in alike
        if value != max(alike)[1]
    }
