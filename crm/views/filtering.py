"""The filter of a list of contacts or companies as it stands in an address, in chips and words."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.conditions import parse_where, sentence
from core.filters import Filters
from core.lists import OWN, address
from core.requests import Request
from core.views.lists import Chip, Told
from crm.lists import labelled
from crm.models import Company, Contact, User

NAMED: dict[str, Any] = {"owner": User, "company": Company, "parent": Company}


class Filtering:
    """Filters records by an address; what cannot be read narrows nothing and is told."""

    def __init__(
        self, request: Request, filters: type[Filters], subject: str, query: QueryDict
    ) -> None:
        self.request, self.query, self.subject = request, query, subject
        self.asked = {
            name: self.query.get(name, "")
            for name in filters.parameters()
            if self.query.get(name, "").strip()
        }
        self.filters = filters
        self.problems: list[str] = []

    @property
    def text(self) -> str:
        """The words that are searched."""
        return self.asked.get("q", "").strip()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.asked)

    @property
    def is_archive(self) -> bool:
        """Whether it asks for what was put away."""
        return self.asked.get("archived") == "true"

    def apply(self, records: Any) -> Any:
        """The records that the address asks for."""
        data = self._data()
        made: Any = self.filters(data, records, request=self.request)
        for name, errors in made.form.errors.items():
            words = {"name": name, "error": " ".join(str(error) for error in errors)}
            self.problems.append(_("The filter “%(name)s” was left out: %(error)s") % words)
            self.asked.pop(name, None)
            data.pop(name, None)
        if self.problems:
            made = self.filters(data, records, request=self.request)
        return made.qs

    def _data(self) -> QueryDict:
        data = self.query.copy()
        for name in OWN:
            data.pop(name, None)
        for name in data:
            data.setlist(name, [text.replace("\x00", "") for text in data.getlist(name)])
        return data

    def chips(self) -> list[Chip]:
        """Whose records, and the archive."""
        owner, archived = self.asked.get("owner", ""), self.asked.get("archived", "")
        choices: list[tuple[str, dict[str, str | None], bool]] = [
            (_("Everyone’s"), {"owner": None, "archived": None}, not owner and not archived),
            (
                pgettext("whose records", "Mine"),
                {"owner": "me", "archived": None},
                owner == "me" and not archived,
            ),
            (_("Nobody’s"), {"owner": "none", "archived": None}, owner == "none" and not archived),
            (
                pgettext("records", "Archived"),
                {"owner": None, "archived": "true"},
                self.is_archive,
            ),
        ]
        return [
            Chip(label, address(self.query, after=None, **changes), current)
            for label, changes, current in choices
        ]

    def told(self) -> list[Told]:
        """The other parts of the filter in words."""
        on_chips = {("owner", "me"), ("owner", "none"), ("archived", "true")}
        return [
            Told(self._words(name, value), address(self.query, after=None, **{name: None}))
            for name, value in self.asked.items()
            if name != "q" and (name, value) not in on_chips
        ]

    def _words(self, name: str, value: str) -> str:
        if name == "where":
            return sentence(parse_where(value, self.subject), self.subject, self.request.user)
        shown = value
        if name in NAMED:
            shown = self._names(NAMED[name], value)
        elif name == "consent":
            shown = ", ".join(labelled(Contact.Consent, word) for word in value.split(","))
        return _("%(name)s: %(value)s") % {
            "name": labels_of_filters().get(name, name),
            "value": shown,
        }

    def _names(self, model: Any, value: str) -> str:
        ids = [int(word) for word in value.split(",") if word.strip().isdigit()]
        visible = model.objects.visible_to(self.request.user)
        names = {record.pk: str(record) for record in visible.filter(pk__in=ids)}
        words = {"me": _("me"), "none": _("none")}
        return ", ".join(
            words.get(word) or names.get(int(word) if word.isdigit() else 0, "?")
            for word in (part.strip() for part in value.split(","))
        )


def labels_of_filters() -> dict[str, str]:
    """What the parts of the filter are called."""
    return {
        "owner": _("Owner"),
        "company": _("Company"),
        "parent": _("Parent company"),
        "domain": _("Domain"),
        "email": _("E-mail"),
        "consent": _("Consent"),
        "archived": _("Archived"),
        "created_from": _("Created from"),
        "created_before": _("Created before"),
        "updated_from": _("Changed from"),
        "updated_before": _("Changed before"),
        "external_source": _("Imported from"),
        "external_id": _("External id"),
    }


def tabs(current: str) -> list[Chip]:
    """Contacts and companies side by side, and what of them is there twice."""
    return [
        Chip(_("Contacts"), reverse("contacts"), current == "contacts"),
        Chip(_("Companies"), reverse("companies"), current == "companies"),
        Chip(_("Duplicates"), reverse("duplicates-of", args=[current])),
    ]
