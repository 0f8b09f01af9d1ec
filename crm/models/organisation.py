"""Our own organisation: what it is called, and what holds where nobody says otherwise."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.models.people import validate_time_zone


class Organisation(Tracked):
    """The one organisation of this installation. There is no row until somebody sets something;
    until then the environment's values hold (`crm.organisation`)."""

    #: The key of the only row.
    ONLY = 1

    id = models.BigAutoField(primary_key=True, default=ONLY, editable=False)
    name = models.CharField(_("name"), max_length=150, blank=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Write three letters such as EUR."))],
        help_text=_("New leads have it where their pipeline has none of its own."),
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=settings.LANGUAGES,
        help_text=_("Of new people, and of the mail that invites them."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        validators=[validate_time_zone],
        help_text=_("Of new people, and of what is due without anybody."),
    )
    fiscal_month = models.PositiveSmallIntegerField(
        _("the fiscal year begins in"), choices=list(MONTHS.items()), default=1
    )
    # None: as each language has it. 0 is Monday, as in `date.weekday`.
    first_weekday = models.PositiveSmallIntegerField(
        _("weeks begin on"), choices=list(WEEKDAYS.items()), null=True, blank=True
    )

    class Meta(Tracked.Meta):
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(
                name="organisation_is_one",
                condition=models.Q(id=1),
                violation_error_message=_("There is one organisation."),
            ),
            models.CheckConstraint(
                name="organisation_year_begins_in_a_month",
                condition=models.Q(fiscal_month__gte=1, fiscal_month__lte=12),
                violation_error_message=_("A year begins in a month."),
            ),
            models.CheckConstraint(
                name="organisation_week_begins_on_a_day",
                condition=models.Q(first_weekday__isnull=True)
                | models.Q(first_weekday__gte=0, first_weekday__lte=6),
                violation_error_message=_("A week begins on a day."),
            ),
        ]

    @classmethod
    def currency_now(cls) -> models.Subquery:
        """The currency as a part of another query; None until somebody sets it."""
        return models.Subquery(cls._default_manager.values("currency")[:1])

    def __str__(self) -> str:
        return self.name or str(_("Organisation"))
