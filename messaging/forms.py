"""Forms about what is said."""

from __future__ import annotations

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from messaging.services.notes import LONGEST


class NoteForm(Styled):
    """A note, with the version that it was read at when it is edited."""

    body = forms.CharField(
        label=_("Note"),
        max_length=LONGEST,
        error_messages={"required": _("Write something.")},
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "placeholder": _("Write a note … (@ names a colleague)"),
                "data-note": True,
                "data-mentions": reverse_lazy("mentions"),
                "data-mentions-label": _("People and teams"),
            }
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
