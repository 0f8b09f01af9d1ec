"""Who is named in a text: "@Rita Rep", "@rita@example.com", "@North"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def by_name[Named](named: Iterable[tuple[str, Named]]) -> dict[str, Named]:
    """What each name means, in lower case; a name that means two things means none."""
    found: dict[str, Named] = {}
    twice: set[str] = set()
    for name, what in named:
        key = " ".join(name.lower().split())
        if key in found and found[key] != what:
            twice.add(key)
        if key:
            found[key] = what
    return {key: what for key, what in found.items() if key not in twice}


def find_named[Named](text: str, known: Mapping[str, Named]) -> list[tuple[str, Named]]:
    """What is named in `text` behind an @, each once, as it is written there and what it means;
    the longest name wins, and who is not known is not named."""
    if "@" not in text or not known:
        return []
    names = "|".join(
        r"\s+".join(map(re.escape, name.split(" ")))
        for name in sorted(known, key=len, reverse=True)
    )
    found: dict[Named, str] = {}
    for match in re.finditer(rf"(?<![\w@.])@({names})(?!\w)", text, re.IGNORECASE):
        what = known.get(" ".join(match[1].lower().split()))
        if what is not None:
            found.setdefault(what, match[1])
    return [(written, what) for what, written in found.items()]


def find_unknown[Named](text: str, known: Mapping[str, Named]) -> list[str]:
    """What stands behind an @ as a name would and names nobody, each once, as it is written."""
    plain = re.sub(r"```.*?(```|$)|`[^`\n]*`", " ", text, flags=re.DOTALL)
    words = re.findall(r"(?<![\w@./])@([^\W\d_][\w.'’-]*)", plain)
    named = {written.lower().split()[0] for written, _what in find_named(text, known)}
    found = dict.fromkeys(word.rstrip(".'’-") for word in words)
    return [word for word in found if word.lower() not in named]
