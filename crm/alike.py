"""Keys under which different spellings of one name meet, and how near two names are.

A key is what is left of a name when that is taken away which people write differently: accents,
case, order, legal forms, doubled letters, vowels within a word. It is kept in a column and indexed,
so that the records of other spellings are looked up and never sought by a scan. The way is that of
the Kölner Phonetik and of Metaphone, with what French, German and English names have in common.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

from core.folding import email_key, fold

#: Characters of a key; the longest names are cut.
LENGTH = 80
#: From here on two names are one name with a slip in it.
NEAR = 0.86


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Providers where strangers share a domain.
FREE_MAIL = _words(
    "aol.com bbox.fr bluewin.ch comcast.net fastmail.com free.fr freenet.de gmail.com gmx.at "
    "gmx.ch gmx.com gmx.de gmx.fr gmx.net googlemail.com hey.com hotmail.be hotmail.co.uk "
    "hotmail.com hotmail.de hotmail.fr hotmail.it icloud.com inbox.com laposte.net libero.it "
    "live.be live.co.uk live.com live.de live.fr mac.com mail.com mail.ru me.com msn.com "
    "neuf.fr numericable.fr orange.fr outlook.com outlook.de outlook.fr pm.me proton.me "
    "protonmail.com qq.com rocketmail.com sfr.fr skynet.be sunrise.ch t-online.de tutanota.com "
    "virgilio.it wanadoo.fr web.de yahoo.ca yahoo.co.uk yahoo.com yahoo.de yahoo.es yahoo.fr "
    "yahoo.it yandex.com yandex.ru ymail.com 163.com"
)
#: What companies write behind their names, or not.
LEGAL_FORMS = _words(
    "ab ag and as asbl bv bvba co company corp corporation cie eurl et eg ek ev gbr gie gmbh "
    "inc incorporated kg kgaa kk limited llc llp ltd mbh nv oder ohg oy plc pty sa sarl sas "
    "sasu sca sci scop se sl snc spa sprl srl the und ug"
)
#: What stands before a name and is not of it.
TITLES = _words("dr frau herr ing m madame miss mlle mme monsieur mr mrs ms prof")

_WORDS = re.compile(r"[^\W_]+")
_DOTS = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("sch|sh|ch(?=r)", "s"),
        ("ph|pf", "f"),
        ("th|dt", "t"),
        ("ck|cq|qu|q", "k"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("[vw]", "f"),
        ("[zx]", "s"),
        ("[yj]", "i"),
        ("(?<=.)h", ""),
    )
)
_VOWELS = re.compile(r"(?<=.)[aeiou]+")
_TWICE = re.compile(r"(.)\1+")


def words_of(name: str) -> list[str]:
    """The words of a name in plain letters: no case, no accent, no mark ("S.A." is one word)."""
    split = unicodedata.normalize("NFKD", _DOTS.sub("", fold(name)))
    plain = "".join(letter for letter in split if not unicodedata.combining(letter))
    plain = plain.replace("ø", "o").replace("æ", "ae").replace("œ", "oe").replace("ł", "l")
    return _WORDS.findall(plain.replace("'", "").replace("’", ""))


@lru_cache(maxsize=20_000)
def sound_of(word: str) -> str:
    """How a word sounds, roughly: "schmidt" and "schmitt", "müller" and "mueller" are one."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return _TWICE.sub(r"\1", _VOWELS.sub("", word))


def person_alike(name: str) -> str:
    """The key of a person's name: how its words sound, in any order; "" for a single word."""
    words = [word for word in words_of(name) if word not in TITLES and len(word) > 1]
    if len(words) < 2:
        return ""
    return " ".join(sorted(sound_of(word) for word in words))[:LENGTH]


def company_words(name: str) -> list[str]:
    """The words of a company's name without its legal form."""
    words = words_of(name)
    return [word for word in words if word not in LEGAL_FORMS] or words


def company_alike(name: str) -> str:
    """The key of a company's name: how it sounds without its legal form, plurals and spaces."""
    words = [word.rstrip("s") or word for word in company_words(name)]
    sound = "".join(sound_of(word) for word in words)
    # Two consonants are the sound of many names: then the letters themselves.
    return (sound if len(sound) > 3 else "=" + "".join(words))[:LENGTH] if words else ""


def own_domain(key: str) -> str:
    """The domain of a normalised address where it is one company's; "" at a free provider."""
    domain = key.rpartition("@")[2]
    return "" if domain in FREE_MAIL else domain


def domain_criterion(address: str) -> str:
    """What of an address tells a customer apart: "@" and the domain; at a free provider all."""
    key = email_key(address)
    domain = own_domain(key)
    return f"@{domain}" if domain else key


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: the same sound, a slip, or an initial for a name."""
    if not one or not other:
        return False
    key = person_alike(one)
    if key and key == person_alike(other):
        return True
    first, second = ([w for w in words_of(name) if w not in TITLES] for name in (one, other))
    if not first or not second:
        return False
    if _is_short_for(first, second) or _is_short_for(second, first):
        return True
    return len(first) > 1 and len(second) > 1 and _nearness(sorted(first), sorted(second)) >= NEAR


def is_same_company(one: str, other: str) -> bool:
    """Whether two names may be one company's."""
    first, second = company_words(one), company_words(other)
    if not first or not second:
        return False
    return company_alike(one) == company_alike(other) or _nearness(first, second) >= NEAR


def _is_short_for(short: list[str], long: list[str]) -> bool:
    """Whether "N. Keller" may be "Nora Keller": the last word the same, the first an initial."""
    return (
        len(short) > 1
        and len(long) > 1
        and len(short[0]) == 1
        and short[0] == long[0][0]
        and sound_of(short[-1]) == sound_of(long[-1])
    )


def _nearness(one: list[str], other: list[str]) -> float:
    return SequenceMatcher(None, " ".join(one), " ".join(other), autojunk=False).ratio()
