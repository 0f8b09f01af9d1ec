"""Forms about imports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capture.headings import Origin
from core.forms import Styled
from pipeline.models import Pipeline

#: The programs whose exports are understood, as they call themselves.
PROGRAMS = {
    Origin.SALESFORCE: "Salesforce",
    Origin.HUBSPOT: "HubSpot",
    Origin.PIPEDRIVE: "Pipedrive",
    Origin.ZOHO: "Zoho CRM",
    Origin.ODOO: "Odoo",
}


def program(origin: str) -> str:
    """What the program that wrote a file is called."""
    return PROGRAMS.get(Origin(origin)) or str(_("a table of your own")) if origin else ""


class OptionsForm(Styled):
    """How files are to be read; what it says of itself is what the command's options say."""

    source = forms.ChoiceField(
        label=_("Where the files come from"),
        required=False,
        choices=[
            ("", _("Recognise it")),
            *((str(origin), name) for origin, name in PROGRAMS.items()),
            (str(Origin.CSV), _("A table of your own")),
        ],
    )
    pipeline = forms.ModelChoiceField(
        label=_("Pipeline"),
        required=False,
        queryset=Pipeline.objects.none(),
        empty_label=_("As the file says, else the first"),
    )
    dates = forms.ChoiceField(
        label=_("Dates such as 03/04/2025"),
        required=False,
        choices=[
            ("", _("As the other dates of the file tell")),
            ("day-first", _("Day first: 3 April")),
            ("month-first", _("Month first: March 4")),
        ],
        help_text=_("Counts only where no date of the file decides."),
    )
    create_stages = forms.BooleanField(
        label=_("Make stages that the pipeline does not have"), required=False
    )
    quiet = forms.BooleanField(
        label=_("Do not run rules and scoring on these leads"), required=False
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["pipeline"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared above)
        field.queryset = Pipeline.objects.visible_to(user).active()

    @property
    def chosen(self) -> dict[str, Any]:
        """The options as an import keeps them."""
        cleaned = self.cleaned_data
        pipeline = cleaned["pipeline"]
        return {
            "source": cleaned["source"],
            "pipeline": pipeline.pk if pipeline else None,
            "pipeline_name": pipeline.name if pipeline else "",
            "dates": cleaned["dates"],
            "create_stages": cleaned["create_stages"],
            "quiet": cleaned["quiet"],
        }
