"""Accounts: inviting people, what they may do, and ending it.

Managers invite and configure; only administrators make, change or end administrators, and one
administrator always remains. Nobody is deleted: the ledger names its people for ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.writing import lock, save_locked
from core.models import ApiToken
from crm.invitations import invited_user
from crm.models import User
from crm.models.people import Role
from crm.organisation import organisation
from crm.services.rights import require_active, require_version
from crm.services.values import checked, from_validation, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

#: What people change of themselves; managers, also of others.
OWN_FIELDS = frozenset({"name", "language", "time_zone", "theme"})


def may_alter(by: User | None, user: User, role: str | None = None) -> bool:
    """Whether `by` may change the account `user`, or make it one with `role`."""
    if by is None:
        return True
    if not by.is_active or not by.is_manager:
        return False
    return by.is_admin or not (user.is_admin or role == Role.ADMIN)


def is_invited(user: User) -> bool:
    """Whether the person has not yet set a password."""
    return user.is_active and not user.has_usable_password()


@transaction.atomic
def invite_user(*, email: str, name: str, role: str, by: User | None, language: str = "") -> User:
    """Make an account and send a link with which its owner sets a password.

    An account that exists without ever having been used (from a file, or invited before) is
    taken over. Raises Refused with the fields at fault, NotAllowed.
    """
    address, ours = email.strip().lower(), organisation()
    values = checked(
        User,
        [
            {
                "email": address,
                "name": name,
                "role": role,
                "language": language or ours.language,
            }
        ],
        by=None,
        allowed={"email", "name", "role", "language"},
        required=("email", "name", "role"),
    )[0]
    known = lock(User.objects.filter(email=address))
    user = known[0] if known else User(email=address, time_zone=ours.time_zone)
    _require_power(by, user, values["role"])
    if known and user.has_usable_password():
        message = (
            _("There is an account with this address already.")
            if user.is_active
            else _("This account was deactivated. Reactivate it instead.")
        )
        raise refusal({"email": [message]})
    for attname, value in values.items():
        setattr(user, attname, value)
    user.is_active = True
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Conflict(_("Somebody else has just invited this person.")) from None
    _send_invitation(user, by)
    return user


@transaction.atomic
def make_admin(*, email: str, name: str = "") -> User:
    """Make an administrator, or make one of an account that exists. For whoever runs the server;
    no mail is sent, and a new account has no password yet."""
    address = email.strip().lower()
    known = lock(User.objects.filter(email=address))
    user: User = known[0] if known else User(email=address, role=Role.ADMIN)
    if not known:
        user.language, user.time_zone = organisation().language, organisation().time_zone
    values: dict[str, Any] = {"email": address, "role": Role.ADMIN, "is_active": True}
    if name or not known:
        values["name"] = name or address.partition("@")[0]
    clean = checked(User, [values], by=None, allowed=values, required=("email",))
    for attname, value in clean[0].items():
        setattr(user, attname, value)
    if not known:
        user.set_unusable_password()
    user.save()
    return user


@transaction.atomic
def invite_again(*, user: int, by: User | None) -> User:
    """Send a fresh invitation to somebody who has not set a password; older links are dead."""
    record = _locked(user)
    _require_power(by, record)
    if record.has_usable_password():
        raise Refused(_("%(name)s has a password already.") % {"name": record})
    if not record.is_active:
        raise Refused(_("%(name)s is not active. Reactivate the account first.") % {"name": record})
    record.set_unusable_password()
    record.save(update_fields=["password"])
    _send_invitation(record, by)
    return record


@transaction.atomic
def accept_invitation(*, uid: str, token: str, password: str) -> User:
    """Set the password of an invited person. Raises NotFound for a dead link, Refused for a weak
    password."""
    user = invited_user(uid, token)
    if user is None:
        raise NotFound(_("This invitation has been used, withdrawn, or is too old."))
    record = _locked(user.pk)
    if invited_user(uid, token) is None:
        raise NotFound(_("This invitation has been used, withdrawn, or is too old."))
    _put_password(record, password)
    return record


@transaction.atomic
def set_password(*, user: int, password: str, by: User | None) -> User:
    """Set a password: one's own, or anybody's by the system. Other sessions end."""
    require_active(by)
    record = _locked(user)
    if by is not None and by.pk != record.pk:
        raise NotAllowed(_("People set their own passwords. Send an invitation instead."))
    _put_password(record, password)
    return record


@transaction.atomic
def update_user(
    *, user: int, values: Mapping[str, Any], by: User | None, expected_version: int | None = None
) -> User:
    """Set name, language, time zone, appearance; managers also an address."""
    require_active(by)
    record = _locked(user)
    require_version(record, expected_version)
    himself = by is not None and by.pk == record.pk
    if not himself or "email" in values:
        _require_power(by, record)
    values = dict(values)
    if isinstance(values.get("email"), str):
        values["email"] = values["email"].strip().lower()
    required = [name for name in ("name", "email") if name in values]
    clean = checked(User, [values], by=by, allowed=OWN_FIELDS | {"email"}, required=required)[0]
    if "email" in clean and User.objects.exclude(pk=user).filter(email=clean["email"]).exists():
        raise refusal({"email": [_("There is an account with this address already.")]})
    for attname, value in clean.items():
        setattr(record, attname, value)
    save_locked([record])
    return record


@transaction.atomic
def change_role(*, user: int, role: str, by: User | None) -> User:
    """Give a person another role."""
    record, others = _locked_with_admins(user)
    new = checked(User, [{"role": role}], by=None, allowed={"role"}, required=("role",))[0]["role"]
    _require_power(by, record, new)
    if record.role == new:
        return record
    if new != Role.ADMIN:
        _keep_an_admin(record, others)
    record.role = new
    save_locked([record])
    return record


@transaction.atomic
def deactivate_user(*, user: int, by: User | None) -> User:
    """End an account: sessions, tokens, password and open invitations are void from now on.

    What the person owns stays theirs until it is assigned anew.
    """
    record, others = _locked_with_admins(user)
    _require_power(by, record)
    if by is not None and by.pk == record.pk:
        raise Refused(_("You cannot deactivate your own account."))
    if not record.is_active:
        return record
    _keep_an_admin(record, others)
    record.is_active = False
    # Sessions, resets and invitations are bound to the password; they never come back.
    record.set_unusable_password()
    record.save()
    ApiToken.objects.filter(owner=record, revoked_at__isnull=True).update(revoked_at=timezone.now())
    return record


@transaction.atomic
def reactivate_user(*, user: int, by: User | None) -> User:
    """Open an account again; its owner gets an invitation to set a new password."""
    record = _locked(user)
    _require_power(by, record)
    if record.is_active:
        return record
    record.is_active = True
    record.set_unusable_password()
    record.save()
    _send_invitation(record, by)
    return record


def request_password_reset(*, email: str) -> None:
    """Send a link to whoever has this address and may log in; say nothing when nobody has.

    The work is done by a task, so that the answer takes as long for unknown addresses.
    """
    from crm.tasks import send, send_password_reset

    address = email.strip().lower()
    user = User.objects.active().filter(email=address).first()
    if user is None:
        return
    if user.has_usable_password():
        transaction.on_commit(lambda: send(send_password_reset, user.pk, _key()))
    else:
        _send_invitation(user, None)


def _require_power(by: User | None, user: User, role: str | None = None) -> None:
    require_active(by)
    if not may_alter(by, user, role):
        raise NotAllowed(
            _("Only administrators make or change administrators.")
            if by is not None and by.is_manager
            else _("Only managers may change this.")
        )


def _locked(user: int) -> User:
    found: list[User] = lock(User.objects.filter(pk=user))
    if not found:
        raise NotFound(_("There is no such user."))
    return found[0]


def _locked_with_admins(user: int) -> tuple[User, list[User]]:
    """The user, and the other active administrators; all locked at once, in one order."""
    admins = models.Q(role=Role.ADMIN, is_active=True)
    rows = lock(User.objects.filter(admins | models.Q(pk=user)))
    record = next((row for row in rows if row.pk == user), None)
    if record is None:
        raise NotFound(_("There is no such user."))
    return record, [row for row in rows if row.pk != user]


def _keep_an_admin(user: User, others: list[User]) -> None:
    if user.is_admin and user.is_active and not others:
        raise Refused(_("This is the last administrator: make another one first."))


def _put_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise from_validation(ValidationError({"password": error.error_list})) from None
    user.set_password(password)
    user.save(update_fields=["password"])


def _key() -> str:
    """Names one sending, so that a mail sent twice carries one Message-ID."""
    return uuid.uuid4().hex


def _send_invitation(user: User, by: User | None) -> None:
    from crm.tasks import send, send_invitation

    key, inviter = _key(), by.pk if by else None
    deliver: Callable[[], None] = lambda: send(send_invitation, user.pk, inviter, key)  # noqa: E731
    transaction.on_commit(deliver)
