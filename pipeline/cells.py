"""What of a lead is edited where it stands, on its page and in the cells of its list."""

from __future__ import annotations

from typing import Any

from core.views.cells import Editor
from crm.models import CustomField, User
from pipeline.leadforms import FactForm
from pipeline.leadpage import visible_lead
from pipeline.models import Lead
from pipeline.services.assignment import assign_lead
from pipeline.services.leads import update_lead_with_company


def _form(data: Any, user: User, lead: Lead, names: tuple[str, ...]) -> FactForm:
    keys = [name.removeprefix("custom.") for name in names if name.startswith("custom.")]
    definitions: Any = ()
    if keys:
        fields = CustomField.objects.filter(subject="pipeline.lead", is_active=True)
        definitions = fields.filter(key__in=keys)
    return FactForm(
        data,
        user=user,
        lead=lead,
        names=[name for name in names if not name.startswith("custom.")],
        definitions=definitions,
        auto_id="cell_%s",
    )


def save_facts(form: FactForm, lead: Lead, by: User) -> None:
    """Write what was changed; an owner alone is an assignment."""
    values, version = form.values(), form.cleaned_data["version"]
    if set(values) == {"owner"}:
        owner = values["owner"]
        assign_lead(
            lead=lead.pk, owner=owner.pk if owner else None, by=by, expected_version=version
        )
    else:
        update_lead_with_company(
            lead=lead.pk,
            values=values,
            new_company=form.new_company,
            by=by,
            expected_version=version,
        )


CELLS = Editor(visible_lead, _form, save_facts)
