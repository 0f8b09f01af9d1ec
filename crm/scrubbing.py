"""Taking a person out of texts: names, addresses and numbers become salted digests.

One value always becomes the same digest within an erasure, so that a history stays a history; the
salt is thrown away, so that nobody finds the value by trying (HMAC, RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import phonenumbers
from django.conf import settings

from core.folding import fold, phone_key

#: A domain that is reserved and never resolves (RFC 2606).
DOMAIN = "erased.invalid"
#: Digests are letters, so that none is read as a number.
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_BETWEEN = r"[\s().\-/]*"
#: A word of fewer letters says nobody's name.
_SHORTEST = 3
#: A number of fewer digits is no telephone's.
_FEWEST = 6


@dataclass
class Scrubber:
    """Replaces what is known of a person in texts."""

    names: Iterable[str]
    emails: Iterable[str]
    phones: Iterable[str]
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def digest(self, value: str) -> str:
        """What stands for a value from now on."""
        code = hmac.new(self.salt, fold(value).encode(), hashlib.sha256).hexdigest()[:10]
        return f"erased-{code.translate(_LETTERS)}"

    def address(self, value: str) -> str:
        """What stands for an e-mail address: one that no mail reaches."""
        return f"{self.digest(value)}@{DOMAIN}"

    def __call__(self, text: str, *, prose: bool = False) -> str:
        """The text without the person; in `prose` a single word of the name is the person too."""
        for pattern in self._emails:
            text = pattern.sub(lambda found: self.address(found[0]), text)
        for pattern in [*self._phones, *self._names, *(self._words if prose else ())]:
            text = pattern.sub(lambda found: self.digest(found[0]), text)
        return text

    @cached_property
    def _emails(self) -> list[re.Pattern[str]]:
        return [
            re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-])", re.IGNORECASE)
            for email in _longest({*self.emails, *(fold(each) for each in self.emails)})
        ]

    @cached_property
    def _phones(self) -> list[re.Pattern[str]]:
        found = []
        for number in _longest(self.phones):
            pattern = _number(number)
            if pattern:
                found.append(re.compile(rf"(?<![\d+]){pattern}(?!\d)"))
        return found

    @cached_property
    def _names(self) -> list[re.Pattern[str]]:
        orders = []
        for name in _longest({*self.names, *(fold(each) for each in self.names)}):
            words = _words(name)
            orders += [words, words[::-1]] if len(words) > 1 else [words]
        return [
            _word(r"[\s,._\-]+".join(re.escape(word) for word in words))
            for words in orders
            if words and len("".join(words)) >= _SHORTEST
        ]

    @cached_property
    def _words(self) -> list[re.Pattern[str]]:
        words = {word for name in self.names for word in _words(name)}
        return [_word(re.escape(word)) for word in _longest(words) if len(word) >= _SHORTEST]


def _longest(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", name) if word]


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE)


def _number(number: str) -> str:
    """A number however its digits are parted, with or without the code of its country."""
    key = phone_key(number, settings.DEFAULT_COUNTRY)
    if not key:
        digits = re.sub(r"\D", "", number)
        return _BETWEEN.join(digits) if len(digits) >= _FEWEST else ""
    parsed = phonenumbers.parse(key)
    national = phonenumbers.national_significant_number(parsed)
    code = _BETWEEN.join(str(parsed.country_code))
    start = rf"(?:(?:\+|00)?{_BETWEEN}{code}{_BETWEEN}(?:\(0\){_BETWEEN})?|0{_BETWEEN})?"
    return start + _BETWEEN.join(national)
