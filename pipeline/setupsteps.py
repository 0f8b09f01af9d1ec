"""The step of setting up that is about the pipeline."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm import assistant
from crm.assistant import Step
from crm.models import User
from pipeline.models import Pipeline
from pipeline.patterns import PATTERNS
from pipeline.services.pipelines import take_pattern


class PatternForm(Styled):
    """Which of the ways of selling is meant."""

    pattern = forms.ChoiceField(
        label=_("How do you sell?"),
        widget=forms.RadioSelect,
        help_text=_("Stages can be renamed, added and moved at any time."),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        chosen: Any = self.fields["pattern"]
        chosen.choices = [
            (
                name,
                format_html(
                    '<span class="choice"><b>{}</b><small>{}</small><small>{}</small></span>',
                    pattern.name,
                    pattern.about,
                    " → ".join(str(part.name) for part in pattern.parts),
                ),
            )
            for name, pattern in PATTERNS.items()
        ]
        here = set(Pipeline.objects.active().values_list("name", flat=True))
        known = (name for name, pattern in PATTERNS.items() if str(pattern.name) in here)
        chosen.initial = next(known, next(iter(PATTERNS)))


def _save(form: Any, user: User) -> None:
    take_pattern(name=form.cleaned_data["pattern"], by=user)


def register() -> None:
    """Called once, when the app is ready."""
    assistant.register(
        Step(
            "pipeline",
            _("Your pipeline"),
            _("The stages through which a sale goes: the columns of the board."),
            40,
            lambda data, user: PatternForm(data),
            _save,
        )
    )
