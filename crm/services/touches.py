"""Recording a touch: one arrival of a visitor, kept whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from crm.landing import read_landing
from crm.models import Touch
from crm.services.rights import require_active
from crm.services.sources import get_or_make_origin
from crm.services.values import from_validation

if TYPE_CHECKING:
    from crm.models import User


@transaction.atomic
def record_touch(
    *,
    by: User | None,
    visitor: str = "",
    landing_url: str = "",
    referrer: str = "",
    source: str = "",
    medium: str = "",
    campaign: str = "",
    click_ids: Mapping[str, Any] | None = None,
    at: dt.datetime | None = None,
) -> Touch:
    """Insert a touch; `source`, `medium` and `campaign` are names.

    When none of the three is given they are read from the landing page's address, all together:
    a triple is never mixed from two places. Click ids are read there as well when not given.
    Raises Refused on addresses that are none.
    """
    require_active(by)
    landing = read_landing(landing_url)
    if not (source or medium or campaign):
        source, medium, campaign = landing.source, landing.medium, landing.campaign
    touch = Touch(
        visitor=visitor,
        landing_url=landing_url,
        referrer=referrer,
        click_ids=dict(landing.click_ids if click_ids is None else click_ids),
        at=at or timezone.now(),
    )
    try:
        touch.clean_fields(exclude=["source", "medium", "campaign"])
    except ValidationError as error:
        raise from_validation(error) from None
    touch.source, touch.medium, touch.campaign = get_or_make_origin(
        source=source, medium=medium, campaign=campaign, by=by
    )
    touch.save()
    return touch
