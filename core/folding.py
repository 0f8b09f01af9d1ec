"""Folded keys: how names, addresses and numbers are compared and indexed.

All are made in Python at writing, so that both databases and both condition evaluators see the
same text.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

#: Characters of a custom text that conditions compare.
CUSTOM_KEY_LENGTH = 600

#: A word of so many letters is found anywhere in a text: trigrams know it (PostgreSQL, pg_trgm).
SEARCHABLE = 3

_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """The key under which a text is compared: NFKC, case folded, white space collapsed.

    Accents stay: "Müller" and "Muller" are two names (UAX #15, Unicode case folding).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACES.sub(" ", folded).strip()


def searched_words(key: str) -> list[str]:
    """The words of a folded text that are sought anywhere; none when all of them are so short that
    only beginnings can be sought."""
    words = key.split()
    return words if any(len(word) >= SEARCHABLE for word in words) else []


def text_key(text: str, length: int) -> str:
    """The fold of a text, cut to a column of `length` characters: folding may make it longer."""
    return fold(text)[:length]


def custom_keys(values: Mapping[str, Any]) -> dict[str, str]:
    """The folded keys of those custom values that are text: what conditions compare."""
    return {
        name: text_key(value, CUSTOM_KEY_LENGTH)
        for name, value in values.items()
        if isinstance(value, str)
    }


def email_key(address: str) -> str:
    """The address in lower case, its domain in ASCII (IDNA); "" when it is not an address."""
    address = address.strip()
    if not address:
        return ""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return ""
    local = found.ascii_local_part or found.local_part
    return f"{local}@{found.ascii_domain}".casefold()


def domain_key(domain: str) -> str:
    """The host of a domain or address of a website, without "www."."""
    host = fold(domain).removeprefix("http://").removeprefix("https://")
    return host.split("/")[0].removeprefix("www.")


def phone_key(number: str, country: str) -> str:
    """The number in E.164 (ITU-T), as dialled in `country` (ISO 3166-1); "" when it is none."""
    if not number.strip():
        return ""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
