"""How pages look to a person: chosen columns, folds, densities. The only writer of `preferences`.

Preferences are nobody's business but the person's own: they are not in the ledger.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from crm.models import User

#: The longest that all preferences of a person may be, as JSON.
MOST = 20_000


@transaction.atomic
def set_preference(*, user: User, name: str, value: Any) -> None:
    """Keep one preference of a person, None drops it; the others stay as they are now."""
    rows = User.objects.select_for_update(no_key=True).filter(pk=user.pk)
    kept: dict[str, Any] = dict(rows.values_list("preferences", flat=True).get())
    if value is None:
        kept.pop(name, None)
    else:
        kept[name] = value
    if len(json.dumps(kept)) > MOST:
        raise Refused(_("That is more than can be remembered."))
    User.objects.filter(pk=user.pk).update(preferences=kept)
    user.preferences = kept
