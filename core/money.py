"""How an amount of money is written in a language. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

#: Signs that people know better than the code (ISO 4217).
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "INR": "₹"}
#: Currencies without a smaller unit in use.
WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF"})

NARROW_SPACE, SPACE = "\u202f", "\u00a0"


def format_number(value: Decimal | float, language: str, places: int = 0) -> str:
    """The number with its groups of three, half away from zero: "1,234.5", in French "1 234,5"."""
    step = Decimal(1).scaleb(-places)
    text = f"{Decimal(value).quantize(step, ROUND_HALF_UP):,f}"
    if text.lstrip("-0.,") == "":
        text = text.lstrip("-")
    if language.startswith("fr"):
        text = text.replace(",", NARROW_SPACE).replace(".", ",")
    return text.replace("-", "−")


def format_money(
    amount: Decimal | None, currency: str, language: str, *, cents: bool | None = None
) -> str:
    """The amount with its currency: "€1,234.50", in French "1 234,50 €"; "" for no amount.

    Cents are shown where there are any, or as `cents` says. The text never wraps: its spaces are
    no-break spaces.
    """
    if amount is None:
        return ""
    if currency in WHOLE:
        cents = False
    elif cents is None:
        cents = amount != amount.to_integral_value()
    number = format_number(amount, language, 2 if cents else 0)
    sign = SIGNS.get(currency, currency)
    if language.startswith("fr"):
        return f"{number}{SPACE}{sign}"
    minus, digits = ("−", number[1:]) if number.startswith("−") else ("", number)
    gap = SPACE if sign.isalpha() else ""
    return f"{minus}{sign}{gap}{digits}"
