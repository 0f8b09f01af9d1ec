"""The pages of settings: lists of configuration that a manager edits in place.

A floor registers a page for each kind of record that it owns; the pages themselves are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.apps import apps
from django.db import models
from django.urls import reverse

from core import commands
from core.forms import Styled


class SettingForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """A record of configuration as a form. It writes nothing itself: the service takes `values`."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

    def values(self) -> dict[str, Any]:
        """What was entered, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


@dataclass(frozen=True, slots=True)
class Column:
    """What a list of settings tells of a record beside its name; `records` can be annotated for
    it. With `url` it leads to a page of the record."""

    label: Any
    text: Callable[[Any], str]
    is_number: bool = False
    url: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Successor:
    """What happens to what hangs on a record that goes: it is put on another one.

    `choices(record)` are those it may be put on, `count(record)` is how many there are, `ask` the
    words of the question, `remove(record=…, into=…, by=…, expected_version=…)` does both at once.
    """

    choices: Callable[[Any], models.QuerySet[Any]]
    count: Callable[[Any], int]
    ask: Any
    remove: Callable[..., None]


@dataclass(frozen=True, slots=True)
class SettingPage:
    """A page of settings. `records` reads what it lists, `group` names the record under whose
    heading another stands, `warn` says in words what is odd about such a group (nothing is
    blocked). `ordered` records stand in an order of the person's own; a new one comes last, or
    where `place(record)`, the keys in their new order, puts it. `save(key or None, form, by)` and
    `remove(record, by)` stand in for the plain services where more is done in the same step;
    `goes(record)` says in words what goes with a record."""

    name: str
    label: Any
    icon: str
    about: Any
    model: str
    form: type[SettingForm]
    order: int
    columns: Sequence[Column] = ()
    records: Callable[[], models.QuerySet[Any]] | None = None
    group: Callable[[Any], Any] | None = None
    warn: Callable[[Sequence[Any]], str] | None = None
    ordered: bool = False
    place: Callable[[Any], Sequence[int]] | None = None
    successor: Successor | None = None
    save: Callable[[int | None, Any, Any], Any] | None = None
    remove: Callable[[Any, Any], None] | None = None
    goes: Callable[[Any], str] | None = None
    words: tuple[str, ...] = field(default=())

    @property
    def model_class(self) -> Any:
        """The kind of record."""
        return apps.get_model(self.model)

    def order_with(self, record: Any) -> Sequence[int]:
        """The keys in order, with a new record at its place."""
        if self.place:
            return self.place(record)
        others = self.model_class._default_manager.exclude(pk=record.pk).order_by("sequence", "pk")
        return [*others.values_list("pk", flat=True), record.pk]

    def all(self) -> models.QuerySet[Any]:
        """The records in their order."""
        return self.records() if self.records else self.model_class._default_manager.all()


@dataclass(frozen=True, slots=True)
class SettingLink:
    """A page among the settings that is no list; `url` names its route."""

    url: str
    label: Any
    icon: str
    about: Any
    is_for_admins: bool = False
    order: int = 100
    words: tuple[str, ...] = ()


_links: dict[str, SettingLink] = {}
_pages: dict[str, SettingPage] = {}


def register(*pages: SettingPage) -> None:
    """Show these among the settings, and in the palette; a second one of the same name replaces
    the first."""
    for page in pages:
        _pages[page.name] = page
        commands.register(
            commands.Command(
                f"setting:{page.name}",
                page.label,
                page.icon,
                lambda user, name=page.name: reverse("setting", args=[name]),  # type: ignore[misc]
                page.words,
                allowed=commands.is_manager,
            )
        )


def register_link(link: SettingLink) -> None:
    """Show a page of another kind among the settings, and in the palette."""
    _links[link.url] = link
    commands.register(
        commands.Command(
            f"setting:{link.url}",
            link.label,
            link.icon,
            lambda user: reverse(link.url),
            link.words,
            allowed=lambda user: user.is_admin if link.is_for_admins else user.is_manager,
        )
    )


def setting_links(user: Any) -> list[SettingLink]:
    """The pages of another kind that a person may open."""
    return [link for link in _links.values() if user.is_admin or not link.is_for_admins]


@dataclass(frozen=True, slots=True)
class Card:
    """A page as the settings show it."""

    address: str
    label: Any
    icon: str
    about: Any


def setting_cards(user: Any) -> list[Card]:
    """What there is to configure for a person, in order."""
    found: list[tuple[int, str, Any]] = [
        *((page.order, reverse("setting", args=[page.name]), page) for page in setting_pages()),
        *((link.order, reverse(link.url), link) for link in setting_links(user)),
    ]
    found.sort(key=lambda item: item[0])
    return [Card(address, each.label, each.icon, each.about) for _order, address, each in found]


def setting_pages() -> list[SettingPage]:
    """All pages in their order."""
    return sorted(_pages.values(), key=lambda page: page.order)


def setting_page(name: str) -> SettingPage | None:
    """A page by its name."""
    return _pages.get(name)
