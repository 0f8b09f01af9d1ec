"""Users (invited, never given a password), teams with their members, targets."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.bases import ConfigurationAdmin, ConfigurationForm
from core.errors import ServiceError
from crm.models import Membership, Target, Team, User
from crm.models.people import Role
from crm.services import teams, users

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline


class UserForm(ConfigurationForm):
    """An account without its password: nobody sets that but its owner."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "language", "time_zone", "theme")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "time_zone" in self.fields:
            label = self.fields["time_zone"].label
            self.fields["time_zone"] = forms.ChoiceField(
                label=label,
                choices=[(name, name) for name in sorted(zoneinfo.available_timezones())],
                initial=self.fields["time_zone"].initial,
            )

    def clean_email(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class UserAdmin(ConfigurationAdmin):
    """Adding somebody sends an invitation; ending an account is an action."""

    form = UserForm
    list_display = ("name", "email", "role", "state", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "email")
    ordering = ("name", "id")
    actions = ("invite_again", "deactivate", "reactivate")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is asked of somebody new; what is known of somebody."""
        if obj is None:
            return ["email", "name", "role", "language"]
        return [
            "email",
            "name",
            "role",
            "state",
            "language",
            "time_zone",
            "theme",
            "last_login",
            "created_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What the machine keeps."""
        return [] if obj is None else ["state", "last_login", "created_at"]

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        """Only administrators make administrators."""
        field = super().formfield_for_choice_field(db_field, request, **options)
        if field is not None and db_field.name == "role" and not _is_admin(request):
            field.choices = [choice for choice in Role.choices if choice[0] != Role.ADMIN]
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Managers look at administrators, and leave them alone."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or users.may_alter(_user(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The ledger names its people for ever: they are deactivated."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Invite somebody new; of others change what the form changed."""
        by = _user(request)
        if not change:
            user = users.invite_user(
                email=obj.email, name=obj.name, role=obj.role, language=obj.language, by=by
            )
            words = _("An invitation is on its way to %(email)s.") % {"email": user.email}
            self.message_user(request, words, messages.SUCCESS)
        else:
            names = [name for name in form.changed_data if name not in ("role", "expected_version")]
            values = {name: form.cleaned_data[name] for name in names}
            user = users.update_user(user=obj.pk, values=values, by=by)
            if "role" in form.changed_data:
                user = users.change_role(user=obj.pk, role=obj.role, by=by)
        obj.__dict__.update(user.__dict__)

    @admin.display(description=gettext_lazy("state"))
    def state(self, user: User) -> str:
        """Whether they can log in."""
        if not user.is_active:
            return _("deactivated")
        return _("invited") if users.is_invited(user) else _("active")

    @admin.action(
        description=gettext_lazy("Send the invitation again"),
        permissions=["change"],
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def invite_again(self, request: HttpRequest, queryset: Any) -> None:
        """A fresh link for whoever has no password yet."""
        self._each(request, queryset, users.invite_again, _("“%(user)s” is invited again."))

    @admin.action(
        description=gettext_lazy("Deactivate: end sessions and tokens"),
        permissions=["change"],
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def deactivate(self, request: HttpRequest, queryset: Any) -> None:
        """End accounts."""
        self._each(request, queryset, users.deactivate_user, _("“%(user)s” is deactivated."))

    @admin.action(
        description=gettext_lazy("Reactivate, with a new invitation"),
        permissions=["change"],
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def reactivate(self, request: HttpRequest, queryset: Any) -> None:
        """Open accounts again."""
        self._each(request, queryset, users.reactivate_user, _("“%(user)s” is invited again."))

    def _each(
        self, request: HttpRequest, queryset: Any, service: Callable[..., User], done: str
    ) -> None:
        for user in queryset:
            try:
                service(user=user.pk, by=_user(request))
            except ServiceError as error:
                self.message_user(request, f"{user}: {error.message}", messages.ERROR)
                continue
            self.message_user(request, done % {"user": user}, messages.SUCCESS)


class MembershipForm(ConfigurationForm):
    """A member of a team."""

    class Meta:
        model = Membership
        fields = ("user", "capacity", "share", "absent_from", "absent_until", "is_active")


class MembershipInline(TabularInline):
    """The members of a team."""

    model = Membership
    form = MembershipForm
    fields = (
        *("user", "capacity", "share", "absent_from", "absent_until", "is_active"),
        "expected_version",
    )
    extra = 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Whoever is active, and whoever is a member already."""
        if db_field.name == "user":
            options["queryset"] = User.objects.order_by("-is_active", "name", "id")
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(Team)
class TeamAdmin(ConfigurationAdmin):
    """Teams with their members."""

    fields = ("name", "leader", "parent", "is_active")
    list_display = ("name", "leader", "parent", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("leader", "parent")
    search_fields = ("name",)
    inlines = (MembershipInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the members; where a person is in one team, they leave the others."""
        teams.lock_people({row.instance.user_id for row in formset.forms if row.instance.user_id})
        super().save_formset(request, form, formset, change)
        teams.leave_other_teams(
            [*formset.new_objects, *(member for member, _names in formset.changed_objects)]
        )


@admin.register(Target)
class TargetAdmin(ConfigurationAdmin):
    """What a team or a person is to reach."""

    fields = ("team", "user", "metric", "period", "starts_on", "currency", "value")
    list_display = ("__str__", "metric", "period", "starts_on", "value", "currency")
    list_filter = ("metric", "period", "team")
    list_select_related = ("team", "user")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the site lets nobody else in)
    return request.user


def _is_admin(request: HttpRequest) -> bool:
    return _user(request).is_admin
