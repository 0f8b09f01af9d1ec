"""Forms of what is done to several contacts or companies at once."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.bulk import Row
from crm.models import User
from crm.recordforms import CompanyForm, ContactForm, RecordForm


class BulkRecordForm(RecordForm):
    """Fields that get the same value on several records: those that are ticked, also if empty."""

    #: What is set on several records at once, fields that belong together in one row. A name, an
    #: address or a number is that of one record.
    EDITED: ClassVar[dict[str, tuple[str, ...]]]

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, user=user)
        self.auto_id = "bulk_%s"
        customs = {f"custom.{one.key}": (f"custom.{one.key}",) for one in self.custom}
        self.rows_of = {**self.EDITED, **customs}
        self.keep([name for names in self.rows_of.values() for name in names])
        sent = self.data.getlist("set") if hasattr(self.data, "getlist") else []
        self.ticked = [name for name in self.rows_of if name in sent]
        self.chosen = {name for part in self.ticked for name in self.rows_of[part]}

    def clean(self) -> dict[str, Any]:
        """What is not ticked is not looked at."""
        for name in [name for name in self.errors if name not in self.chosen]:
            del self.errors[name]
        if not self.ticked:
            raise forms.ValidationError(_("Tick what is to be changed."))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What was ticked, as services take it."""
        values: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        for name in self.chosen - {self.by_name}:
            value = self.cleaned_data.get(name)
            if name.startswith("custom."):
                custom[name.removeprefix("custom.")] = value if value != "" else None
            else:
                values[name] = value
        return {**values, "custom": custom} if custom else values

    def named(self) -> str | None:
        """The company that was named, "" to take it off; None when that was not ticked."""
        if self.by_name not in self.chosen:
            return None
        return str(self.cleaned_data.get(self.by_name) or "").strip()

    def rows(self) -> list[Row]:
        """The parts of the form."""
        return [
            Row(
                name,
                self._row_label(name, names),
                [self[field] for field in names],
                name in self.ticked,
            )
            for name, names in self.rows_of.items()
        ]

    def _row_label(self, name: str, names: tuple[str, ...]) -> str:
        return _now("Address") if name == "address" else str(self.fields[names[0]].label)


class BulkContactForm(BulkRecordForm, ContactForm):
    """What several contacts get."""

    EDITED = {
        "owner": ("owner",),
        "company": ("company",),
        "job_title": ("job_title",),
        "language": ("language",),
        "consent": ("consent", "consent_source"),
    }


class BulkCompanyForm(BulkRecordForm, CompanyForm):
    """What several companies get."""

    EDITED = {
        "owner": ("owner",),
        "parent": ("parent",),
        "industry": ("industry",),
        "employees": ("employees",),
        "annual_revenue": ("annual_revenue",),
        "address": ("street", "postal_code", "city", "country"),
    }
