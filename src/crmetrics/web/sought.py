"""Words under which an analysis is looked for: its titles in all four languages, and what people say for the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from crmetrics.analysis import Analysis, Entry
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import LANGUAGES, Message
from crmetrics.vocabulary.spelling import folded

ALSO_SAID: Final[Mapping[str, str]] = {
    "churn": "churn attrition lost left leaving плинність kayıp kaybı terk відтік відтоку отток втрачені 流失 离开",
    "retention": "retention loyal elde tutma утримання удержание 留存 挽留",
    "clv": "clv ltv cltv lifetime value yaşam boyu değer пожиттєва цінність 终身价值 生命周期价值",
    "rfm": "rfm recency frequency monetary segment segmentasyon сегмент 分群 细分",
    "win_rate": "win rate conversion close kazanma dönüşüm конверсія виграш перемога 赢单率 转化率 成交率",
    "pipeline": "pipeline funnel open deals huni fırsat воронка угоди 漏斗 商机 管道",
    "stage": "funnel stage huni aşama воронка етап 漏斗 阶段",
    "leak": "leak loss drop kaçak sızıntı втрати витік 漏损 流失点",
    "sales": "revenue turnover sales ciro satış gelir виторг продажі дохід 营业额 销售额 收入",
    "margin": "profit margin kâr marj прибуток маржа 利润 毛利",
    "cac": "cac acquisition cost edinme maliyeti вартість залучення 获客成本",
    "nps": "nps promoter loyalty tavsiye лояльність 净推荐值 推荐",
    "satisfaction": "csat satisfaction memnuniyet задоволеність 满意度",
    "reply": "response reply support yanıt destek відповідь підтримка 响应 客服",
    "target": "target goal quota plan hedef kota ціль план 目标 指标",
    "freshness": "freshness stale age güncellik tazelik актуальність свіжість 新鲜度 时效",
    "quality": "quality clean errors kalite якість 质量",
    "lead": "lead prospect aday ліди потенційні 线索 潜在客户",
    "quote": "quote offer proposal teklif пропозиція кошторис 报价",
    "product": "product item sku ürün товар продукт 产品 商品",
}
"""What people say for a thing, in any language, by the part of a key that names it."""


def sought_as(declared: Analysis) -> str:
    """Everything by which an analysis is called, as it is compared."""
    return _called(declared.key, declared.title)


@cache
def _called(key: str, title: Message) -> str:
    return " ".join(dict.fromkeys(folded(" ".join(_words(key, title))).split()))


def found_by(entries: tuple[Entry, ...], typed: str, format: Format) -> tuple[Entry, ...]:
    """The analyses that hold every word typed, among what they are called or in their question."""
    wanted = folded(typed).split()

    def holds(declared: Analysis) -> bool:
        text = f"{sought_as(declared)} {folded(say(declared.question, format))}"
        return all(word in text for word in wanted)

    return tuple(each for each in entries if holds(each.declared))


def _words(key: str, title: Message) -> Iterator[str]:
    yield key.replace(".", " ").replace("_", " ")
    for language in LANGUAGES:
        yield say(title, format_for(language, "EUR"))
    for part, also in ALSO_SAID.items():
        if part in key:
            yield also
