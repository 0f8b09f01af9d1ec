"""API tokens: made here, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.bases import LedgerHistory, ModelForm
from core.errors import Refused, ServiceError
from core.models import ApiToken
from core.models.doors import Scope
from core.services.tokens import create_token, revoke_token


class TokenForm(ModelForm):
    """Who the token acts as, what it may do, until when."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("scopes"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
    )

    class Meta:
        model = ApiToken
        fields = ("owner", "name", "scopes", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(LedgerHistory):
    """For administrators alone: a token acts for somebody."""

    form = TokenForm
    list_display = ("name", "hint", "owner", "scopes_in_words", "last_used_at", "state")
    list_filter = (("owner", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("owner",)
    search_fields = ("name", "hint", "owner__name", "owner__email")
    actions = ("revoke",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Tokens act as people who are active."""
        if db_field.name == "owner":
            users = db_field.related_model._default_manager
            options["queryset"] = users.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is never altered: it is revoked, and another made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is revoked, so that it stays known what it did."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is asked for a new token; what is known of one."""
        if obj is None:
            return ["owner", "name", "scopes", "expires_at"]
        return ["name", "hint", "owner", "scopes_in_words", "expires_at", "revoked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All of a token that exists."""
        return [] if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the token; its secret lives until this answer is sent."""
        made = create_token(
            owner=obj.owner,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            by=request.user,
            expires_at=obj.expires_at,
        )
        obj.__dict__.update(made.token.__dict__)
        request.new_token = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page that shows the secret, this once; it is kept nowhere."""
        answer = TemplateResponse(
            request,
            "admin/core/apitoken/created.html",
            {
                **self.admin_site.each_context(request),
                "title": _("The token “%(name)s” is made") % {"name": obj.name},
                "opts": self.opts,
                "made": request.new_token,  # type: ignore[attr-defined]
            },
        )
        answer["Cache-Control"] = "no-store"
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's page; a refusal is said."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            words = [refusal.message, *(t for texts in refusal.fields.values() for t in texts)]
            self.message_user(request, " ".join(words), messages.ERROR)
        return self.response_post_save_add(request, None)

    @admin.action(
        description=gettext_lazy("Revoke"),
        description_plural=gettext_lazy("Revoke the chosen tokens"),
        permissions=["add"],
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Make tokens useless from now on."""
        for token in queryset:
            try:
                revoke_token(token=token.pk, by=request.user)
            except ServiceError as error:
                self.message_user(request, error.message, messages.ERROR)
                continue
            words = _("“%(token)s” is revoked.") % {"token": token}
            self.message_user(request, words, messages.SUCCESS)

    @admin.display(description=gettext_lazy("scopes"))
    def scopes_in_words(self, token: ApiToken) -> str:
        """What the token may do."""
        labels = dict(Scope.choices)
        return ", ".join(str(labels.get(scope, scope)) for scope in token.scopes)

    @admin.display(description=gettext_lazy("state"))
    def state(self, token: ApiToken) -> str:
        """Whether it still opens the door."""
        if token.revoked_at:
            return _("revoked")
        if token.expires_at and token.expires_at <= timezone.now():
            return _("expired")
        return _("valid")
