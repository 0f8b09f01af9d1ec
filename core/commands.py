"""The palette: what a person finds by typing. Apps register commands, words and records here.

A command is found in every language of the house and by the words that other programs use for it,
whatever the language of the page: who types "étapes" and who types "stages" find the same page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core import navigation
from core.folding import fold

#: The longest that somebody may look for.
LONGEST = 200
#: How many are shown of each group.
EACH = 6


@dataclass(frozen=True, slots=True)
class Command:
    """Something to open or to do. `label` is lazily translated; `words` are what else it is called,
    in any language.

    `url` tells the address for a person. With `fields` it is posted there, else it is opened.
    """

    name: str
    label: Any
    icon: str
    url: Callable[[Any], str]
    words: tuple[str, ...] = ()
    fields: Mapping[str, str] | None = None
    allowed: Callable[[Any], bool] = lambda user: True
    keys: str = ""
    language: str = ""
    #: Shown before anything is typed.
    first: bool = False


def page_of(name: str) -> Callable[[Any], str]:
    """The `url` of a command that opens the page of a route."""
    return lambda user: reverse(name)


def is_manager(user: Any) -> bool:
    """The `allowed` of a command for managers."""
    return bool(user.is_manager)


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the answer, with its text marked where it was hit."""

    label: str
    url: str
    icon: str
    detail: str = ""
    fields: Mapping[str, str] | None = None
    keys: str = ""
    language: str = ""
    marked: SafeString = field(default_factory=SafeString)


@dataclass(frozen=True, slots=True)
class Source:
    """Records that are found by their text: `find(user, text, limit)` keeps to what `user` sees."""

    name: str
    label: Any
    order: int
    find: Callable[[Any, str, int], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under a heading."""

    name: str
    label: Any
    found: Sequence[Found]


_commands: dict[str, Command] = {}
_sources: dict[str, Source] = {}


def register(*commands: Command) -> None:
    """Let people find these; a second call with the same name replaces the first."""
    _commands.update({command.name: command for command in commands})


def register_source(source: Source) -> None:
    """Let people find records."""
    _sources[source.name] = source


@contextmanager
def registered(*commands: Command) -> Iterator[None]:
    """Register commands for the length of a block (tests)."""
    before = dict(_commands)
    register(*commands)
    try:
        yield
    finally:
        _commands.clear()
        _commands.update(before)


def plain(text: str) -> str:
    """A text as people type it in a hurry: folded and without accents."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFD", fold(text))
        if not unicodedata.combining(letter)
    )


def in_all_languages(label: Any) -> list[str]:
    """A lazily translated text in each language of the house."""
    said = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            said.append(str(label))
    return list(dict.fromkeys(said))


def search(user: Any, text: str) -> list[Group]:
    """What `user` finds under `text`: commands of that name, records, then what is called so
    elsewhere."""
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return _at_first(user)
    wanted = _words(text) or plain(text).split()
    named, called = _matching(user, wanted)
    groups = [Group("commands", _("Go to and do"), named[:EACH])]
    for source in sorted(_sources.values(), key=lambda source: source.order):
        found = [_marked(line, wanted) for line in source.find(user, text, EACH)]
        groups.append(Group(source.name, source.label, found))
    groups.append(Group("called", _("Also called so"), called[:EACH]))
    return [group for group in groups if group.found]


def _at_first(user: Any) -> list[Group]:
    found = [_line(command, user) for command in _known_to(user) if command.first]
    return [Group("commands", _("Go to and do"), found)]


def _known_to(user: Any) -> Iterator[Command]:
    for item in navigation.items_of(user):
        yield Command(
            f"page:{item.url}",
            item.label,
            item.icon,
            lambda user, item=item: item.address,  # type: ignore[misc]
            tuple(item.words),
            keys=item.keys,
            first=True,
        )
    for command in _commands.values():
        if command.allowed(user):
            yield command


def _matching(user: Any, wanted: Sequence[str]) -> tuple[list[Found], list[Found]]:
    """Commands in whose own name every word is found, and those that are called so elsewhere."""
    named, called = [], []
    for command in _known_to(user):
        shown = str(command.label)
        here = _rank(shown, wanted)
        if here is not None:
            named.append((here, _marked(_line(command, user), wanted)))
            continue
        names = [*in_all_languages(command.label), *command.words]
        hits = [name for name in names if _rank(name, wanted) is not None]
        if hits:
            called.append((0, _marked(replace(_line(command, user), detail=hits[0]), wanted)))
    named.sort(key=lambda pair: pair[0])
    return [line for _n, line in named], [line for _n, line in called]


def _rank(name: str, wanted: Sequence[str]) -> int | None:
    """0 when the name starts with what is wanted, 1 when its words do, None when they do not."""
    words = _words(name)
    if not words or not all(any(word.startswith(part) for word in words) for part in wanted):
        return None
    return 0 if words[0].startswith(wanted[0]) else 1


def _words(text: str) -> list[str]:
    """The words of a text; hyphens and apostrophes part them."""
    return plain(text).replace("-", " ").replace("’", " ").replace("'", " ").split()


def _line(command: Command, user: Any) -> Found:
    label = str(command.label)
    return Found(
        label=label,
        url=command.url(user),
        icon=command.icon,
        fields=command.fields,
        keys=command.keys,
        language=command.language,
        marked=format_html("{}", label),
    )


def _marked(line: Found, wanted: Sequence[str]) -> Found:
    return replace(line, marked=mark(line.label, wanted), detail=mark(line.detail, wanted))


def mark(text: str, wanted: Iterable[str]) -> SafeString:
    """The text with `<mark>` around each of the words that it was found by."""
    letters: list[int] = []
    folded = ""
    for place, letter in enumerate(text):
        part = plain(letter) or (" " if letter.isspace() else "")
        folded += part
        letters += [place] * len(part)
    hit: set[int] = set()
    for part in wanted:
        start = folded.find(part)
        while start >= 0:
            hit.update(letters[start : start + len(part)])
            start = folded.find(part, start + len(part))
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text, hit)))


def _pieces(text: str, hit: set[int]) -> Iterator[str]:
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (place in hit) != (start in hit):
            piece = text[start:place]
            yield format_html("<mark>{}</mark>", piece) if start in hit else piece
            start = place
