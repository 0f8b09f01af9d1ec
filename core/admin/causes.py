"""Why things changed: the causes of the ledger with their changes in words, and Undo."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.bases import PER_PAGE, CappedPaginator, ReadOnlyAdmin
from core.errors import ServiceError
from core.ledger.schema import model_of
from core.ledger.tables import Cause, Change, Undo
from core.ledger.words import tell
from core.services.undoing import is_undone, undo_cause, undoable_by


@admin.register(Cause)
class CauseAdmin(ReadOnlyAdmin):
    """Read-only, but for Undo."""

    list_display = ("started_at", "kind", "actor", "label", "changes", "is_undone")
    list_display_links = ("started_at", "label")
    list_filter = ("kind", ("actor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("label", "reference")
    ordering = ("-started_at",)
    paginator = CappedPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Causes with the number of their changes, and whether they were undone."""
        counted = (
            Change.objects.filter(cause=OuterRef("pk"))
            .order_by()
            .values("cause")
            .annotate(number=Count("pk"))
            .values("number")
        )
        causes: QuerySet[Any] = super().get_queryset(request).select_related("actor")
        return causes.annotate(number=Coalesce(Subquery(counted), 0), undone=Exists(_undoing()))  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("changes"))
    def changes(self, cause: Any) -> int:
        """How many changes were made for this cause."""
        return int(cause.number)

    @admin.display(description=gettext_lazy("undone"), boolean=True)
    def is_undone(self, cause: Any) -> bool:
        """Whether it was taken back, and that was not itself taken back."""
        return bool(cause.undone)

    def get_urls(self) -> list[URLPattern]:
        """Django's pages and that of Undo."""
        page = self.admin_site.admin_view(self.undo_view)
        return [
            path("<uuid:object_id>/undo/", page, name="core_cause_undo"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A cause, what woke it and what it woke, and its changes in words."""
        cause = self._cause(request, object_id)
        if cause is None:
            return self._missing(object_id, request)
        pages = Paginator(cause.changes.order_by("id"), PER_PAGE)
        page = pages.get_page(request.GET.get("p", "1"))
        changes = list(page.object_list)
        for change in changes:
            change.cause = cause
        return TemplateResponse(
            request,
            "admin/core/cause/detail.html",
            {
                **self._context(request, cause, str(cause)),
                "page": page,
                "told": [(told, _page_of(self.admin_site, told.change)) for told in tell(changes)],
                "undoable": not is_undone(cause) and undoable_by(cause, request.user),
                "undoes": list(cause.undoes.select_related("undone")),
                "undone_by": list(cause.undone_by.select_related("cause__actor")),
                "children": list(cause.children.order_by("started_at")[:PER_PAGE]),
            },
        )

    def undo_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Ask (GET), then undo (POST) and say what was reverted, what conflicts, what stays."""
        cause = self._cause(request, str(object_id))
        if cause is None:
            return self._missing(str(object_id), request)
        if not undoable_by(cause, request.user):
            raise PermissionDenied
        context = self._context(request, cause, _("Undo: %(cause)s") % {"cause": cause})
        context["number"] = cause.changes.count()
        context["woken"] = cause.children.count()
        if request.method != "POST":
            return TemplateResponse(request, "admin/core/cause/undo.html", context)
        try:
            report = undo_cause(
                cause=cause.pk,
                by=request.user,  # type: ignore[arg-type]
                with_consequences="with_consequences" in request.POST,
            )
        except ServiceError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(_address(cause))
        return TemplateResponse(
            request, "admin/core/cause/undone.html", {**context, "report": report}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A cause has no history of its own: it is one."""
        return HttpResponseRedirect(reverse("admin:core_cause_change", args=[object_id]))

    def _cause(self, request: HttpRequest, object_id: str) -> Cause | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: Cause | None = self.get_object(request, object_id)
        return found

    def _missing(self, object_id: str, request: HttpRequest) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]

    def _context(self, request: HttpRequest, cause: Cause, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "cause": cause,
        }


class ToldChanges(ChangeList):
    """A page of changes, put into words together."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and the names that it speaks of, at once."""
        super().get_results(request)
        changes: Any = list(self.result_list)
        for told in tell(changes):
            told.change.told = told  # type: ignore[attr-defined]
        self.result_list = changes


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Read-only: every change there ever was."""

    list_display = ("id", "at", "record", "action", "words", "why")
    list_display_links = None
    list_filter = ("action", "at")
    ordering = ("-id",)
    paginator = CappedPaginator
    list_select_related = ("cause",)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """Changes in words."""
        return ToldChanges

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The address may name a record (`record_type=…&record_id=…`) or a cause."""
        if lookup in {"record_type", "record_id", "cause", "cause__id__exact"}:
            return True
        return super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("record"))
    def record(self, change: Change) -> str:
        """What was changed, as a link to its page here where there is one."""
        told = change.told  # type: ignore[attr-defined]
        text = f"{told.kind_of_record}: {told.record}"
        address = _page_of(self.admin_site, change)
        return format_html('<a href="{}">{}</a>', address, text) if address else text

    @admin.display(description=gettext_lazy("what changed"))
    def words(self, change: Change) -> str:
        """Field by field, the first three."""
        lines = [str(line) for line in change.told.lines]  # type: ignore[attr-defined]
        more = "; …" if len(lines) > 3 else ""
        return "; ".join(lines[:3]) + more

    @admin.display(description=gettext_lazy("because of"))
    def why(self, change: Change) -> str:
        """Its cause, as a link."""
        return format_html('<a href="{}">{}</a>', _address(change.cause), change.cause)


def _undoing() -> QuerySet[Undo]:
    """The undos of a cause that hold: they were not undone themselves."""
    again = Undo.objects.filter(undone=OuterRef("cause"), is_complete=True)
    return Undo.objects.filter(~Exists(again), undone=OuterRef("pk"), is_complete=True)


def _address(cause: Cause) -> str:
    return reverse("admin:core_cause_change", args=[cause.pk])


def _page_of(site: Any, change: Change) -> str:
    """The page of a changed record in the administration; "" when it has none."""
    try:
        model: Any = model_of(change.record_type)
    except LookupError:
        return ""
    if not site.is_registered(model) or change.action == "deleted":
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return reverse(name, args=[change.record_id])
