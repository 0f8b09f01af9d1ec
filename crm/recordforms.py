"""The forms of contacts and companies. They check what was typed; services write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.conf.locale import LANG_INFO
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, Styled, style
from crm.customforms import CompanyInput, custom_field, custom_initial
from crm.models import Company, Contact, CustomField, User


def company_field(label: Any) -> forms.CharField:
    """A company by its name, with suggestions while one types."""
    return forms.CharField(label=label, max_length=200, required=False, widget=CompanyInput())


def languages(present: str) -> list[tuple[str, Any]]:
    """Languages that a person may speak, by their names, and what is kept already."""
    known = {
        code: gettext(info["name"])
        for code, info in LANG_INFO.items()
        if len(code) == 2 and "name" in info
    }
    if present:
        known.setdefault(present, present)
    return [("", "–"), *sorted(known.items(), key=lambda pair: str(pair[1]))]


class RecordForm(Styled):
    """A new record or an edit of one: only what was changed is handed on."""

    model: ClassVar[type[models.Model]]
    #: The fields by the part of the form that they stand in.
    PARTS: ClassVar[dict[str, tuple[str, ...]]]
    #: Fields that name a company.
    by_name: ClassVar[str]

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, user: User, record: Any = None, **given: Any) -> None:
        self.user, self.record = user, record
        super().__init__(data, initial=given if record is None else self._initial(record))
        for names in self.PARTS.values():
            for name in names:
                self.fields[name] = self._field(name)
        self.custom = list(
            CustomField.objects.filter(subject=self.model._meta.label_lower, is_active=True)
        )
        for definition in self.custom:
            self.fields[f"custom.{definition.key}"] = custom_field(
                definition,
                user=user,
                present=record.custom.get(definition.key) if record is not None else None,
            )
        for field in self.fields.values():
            style(field)
        self.fields["name"].widget.attrs["autofocus"] = record is None

    def _initial(self, record: Any) -> dict[str, Any]:
        initial: dict[str, Any] = {"version": record.version, **custom_initial(record.custom)}
        for names in self.PARTS.values():
            for name in names:
                field: Any = self.model._meta.get_field(name)
                initial[name] = getattr(record, field.attname)
        named = getattr(record, self.by_name)
        initial[self.by_name] = named.name if named is not None else ""
        return initial

    def _field(self, name: str) -> forms.Field:
        field: Any = self.model._meta.get_field(name)
        label = str(field.verbose_name).capitalize()
        if name == self.by_name:
            return company_field(label)
        if name == "owner":
            people: Any = User.objects.active()
            if self.record is not None and self.record.owner_id:
                people = people | User.objects.filter(pk=self.record.owner_id)
            initial = None if self.record is not None else self.user.pk
            return forms.ModelChoiceField(
                people, label=label, required=False, empty_label=gettext("Nobody"), initial=initial
            )
        if name == "language":
            present = self.record.language if self.record is not None else ""
            return forms.ChoiceField(label=label, choices=languages(present), required=False)
        if isinstance(field, models.DecimalField):
            return AmountField(
                label=label,
                max_digits=field.max_digits,
                decimal_places=field.decimal_places,
                required=False,
            )
        made: Any = field.formfield(label=label, required=name == "name")
        return made  # type: ignore[no-any-return]

    def keep(self, names: Iterable[str]) -> None:
        """Ask for no more than these fields: a cell of a list."""
        for name in set(self.fields) - {"version", *names}:
            del self.fields[name]

    def use_version(self, version: int) -> None:
        """Take the record as it is now for what the input is based on."""
        data = QueryDict(mutable=True)
        data.update(self.data)  # type: ignore[arg-type]
        data["version"] = str(version)
        self.data = data

    def parts(self) -> dict[str, list[forms.BoundField]]:
        """The fields by the part of the form that they stand in."""
        found = {part: [self[name] for name in names] for part, names in self.PARTS.items()}
        found["custom"] = [self[f"custom.{definition.key}"] for definition in self.custom]
        return found

    def values(self) -> dict[str, Any]:
        """What was changed, as services take it; of a new record all that is not empty."""
        values: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        names = self.changed_data if self.record is not None else list(self.fields)
        for name in names:
            value = self.cleaned_data.get(name)
            if name in ("version", self.by_name):
                continue
            if self.record is None and name != "owner" and value in (None, "", []):
                continue
            if name.startswith("custom."):
                custom[name.removeprefix("custom.")] = value if value != "" else None
            else:
                values[name] = value
        if custom:
            values["custom"] = custom
        return values

    def named(self) -> str | None:
        """The company that was named, "" to take it off; None when that was not changed."""
        if self.record is not None and self.by_name not in self.changed_data:
            return None
        return str(self.cleaned_data.get(self.by_name) or "").strip()


class ContactForm(RecordForm):
    """A person whom we know."""

    model = Contact
    by_name = "company"
    PARTS = {
        "main": ("name", "company", "job_title"),
        "reach": ("email", "phone", "mobile", "language"),
        "work": ("owner",),
        "consent": ("consent", "consent_source"),
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["company"].help_text = _("A name that is new makes a new company.")
        self.fields["consent"].required = False
        self.fields["consent"].help_text = _("Whether the person may be written to for marketing.")
        self.fields["phone"].widget.input_type = "tel"  # type: ignore[attr-defined]
        self.fields["mobile"].widget.input_type = "tel"  # type: ignore[attr-defined]

    def clean_consent(self) -> str:
        """An empty answer is "not asked"."""
        return self.cleaned_data.get("consent") or Contact.Consent.UNKNOWN


class CompanyForm(RecordForm):
    """A company that we sell to, or might."""

    model = Company
    by_name = "parent"
    PARTS = {
        "main": ("name", "domain", "website", "phone"),
        "place": ("street", "postal_code", "city", "country"),
        "size": ("industry", "employees", "annual_revenue"),
        "work": ("parent", "owner"),
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["phone"].widget.input_type = "tel"  # type: ignore[attr-defined]

    def clean_parent(self) -> str:
        """A company that the person knows by this name."""
        name = str(self.cleaned_data.get("parent") or "").strip()
        if not name:
            return ""
        if not Company.objects.visible_to(self.user).active().named(name).exists():
            raise forms.ValidationError(_("There is no company of this name."))
        return name
