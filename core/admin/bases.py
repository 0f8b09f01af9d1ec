"""What every page of the administration has in common: checked names, refusals in words, and a
history that is read from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models import ProtectedError, RestrictedError
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.errors import Refused, ServiceError
from core.ledger.causes import because
from core.ledger.history import changes_of
from core.ledger.tables import Kind
from core.ledger.words import tell
from core.services.configuration import check_deleting, check_saving, uses_of

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
    Pages = Paginator[Any]
else:
    ModelAdmin, ModelForm, Pages = admin.ModelAdmin, forms.ModelForm, Paginator

#: Rows counted exactly; a longer list says how long it is at least.
COUNTED = 10_000
PER_PAGE = 100


class CappedPaginator(Pages):
    """Pages of a table that may be very long: it is counted up to a limit and leafed through by
    filters beyond."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most COUNTED."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


class ConfigurationForm(ModelForm):
    """A form that knows which state of the record it was opened on, and asks the checks."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["expected_version"].initial = self.instance.version

    def clean_expected_version(self) -> int | None:
        """Refuse a form that was opened before somebody else changed the record."""
        expected: int | None = self.cleaned_data["expected_version"]
        if self.instance.pk and expected is not None and expected != self.instance.version:
            raise forms.ValidationError(
                _("Somebody else changed this record meanwhile. Open it again to see how it is.")
            )
        return expected

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.check()
        except Refused as refusal:
            for name, texts in (refusal.fields or {"": [refusal.message]}).items():
                self.add_error(name if name in self.fields else None, list(texts))

    def check(self) -> None:
        """Raise Refused when the record must not be written as it stands in the form."""
        check_saving(self.instance)


class LedgerHistory(ModelAdmin):
    """The history of a record is that of the ledger, whoever changed it and through which door."""

    list_per_page = 50
    show_full_result_count = False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The changes of a record, newest first."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        pages = CappedPaginator(changes_of(self.opts.label_lower, record.pk), PER_PAGE)
        page = pages.get_page(request.GET.get("p", "1"))
        return TemplateResponse(
            request,
            "admin/ledger/history.html",
            {
                **self.admin_site.each_context(request),
                "title": _("History of %(name)s") % {"name": record},
                "opts": self.opts,
                "module_name": capfirst(str(self.opts.verbose_name_plural)),
                "object": record,
                "page": page,
                "told": tell(list(page.object_list)),
                **(extra_context or {}),
            },
        )


class ConfigurationAdmin(LedgerHistory):
    """A kind of record that managers configure. Subclasses name its fields."""

    form = ConfigurationForm
    #: The number by which the records of a list are ordered, and which dragging a row sets.
    order_field = ""
    #: The inline whose rows are ordered by dragging.
    ordered_inline = ""

    @property
    def media(self) -> forms.Media:
        """Where rows have an order, what lets them be dragged."""
        found = super().media
        if self.order_field or self.ordered_inline:
            found += forms.Media(
                js=[
                    Script("vendor/sortablejs/Sortable.min.js", defer=True),  # type: ignore[list-item]
                    Script("js/admin-order.js", type="module"),  # type: ignore[list-item]
                ]
            )
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields, and for a record that exists the state it was opened on."""
        found = super().get_fieldsets(request, obj)
        fieldsets = [(name, {**options}) for name, options in found]
        listed: Any = fieldsets[0][1]["fields"]
        fields = [name for name in listed if name != "expected_version"]
        if obj is not None and self.has_change_permission(request, obj):
            fields.append("expected_version")
        fieldsets[0][1]["fields"] = fields
        return fieldsets

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's page; what a service refuses at the last moment is said, and nothing kept."""
        try:
            with self.because_of(request):
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ServiceError as error:
            self.message_user(request, error.message, messages.ERROR)
        except IntegrityError:
            self.message_user(
                request,
                _("Somebody else has just made a record like this. Nothing was kept."),
                messages.ERROR,
            )
        return HttpResponseRedirect(request.get_full_path())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page; a refusal is said."""
        try:
            with self.because_of(request):
                return super().changelist_view(request, extra_context)
        except ServiceError as error:
            self.message_user(request, error.message, messages.ERROR)
        except (ProtectedError, RestrictedError):
            self.message_user(request, _("What is in use stays."), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page; what came into use meanwhile stays."""
        try:
            with self.because_of(request):
                return super().delete_view(request, object_id, extra_context)
        except ServiceError as error:
            self.message_user(request, error.message, messages.ERROR)
        except (ProtectedError, RestrictedError):
            self.message_user(request, _("What is in use stays."), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def because_of(self, request: HttpRequest) -> AbstractContextManager[Any]:
        """The cause of what this request writes: the person, and what they had before them."""
        if request.method in ("GET", "HEAD"):
            return nullcontext()
        kind = str(self.opts.verbose_name_plural)
        label = _("Administration: %(kind)s") % {"kind": kind}
        return because(Kind.PERSON, by=request.user, label=label)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What would go, counted and not listed: a tag may be on a hundred thousand leads."""
        records: Sequence[models.Model] = list(objs)
        _holding, going = uses_of(records)
        names: list[Any] = [str(record) for record in records]
        names += [f"{count} {name}" for name, count in going.items()]
        protected = [words for words in map(self._held_back, records) if words]
        return names, {str(self.opts.verbose_name_plural): len(records), **going}, set(), protected

    def _held_back(self, record: models.Model) -> str:
        try:
            check_deleting(record)
        except Refused as refusal:
            return refusal.message
        return ""


class ReadOnlyAdmin(LedgerHistory):
    """Records that are looked at here and changed elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
