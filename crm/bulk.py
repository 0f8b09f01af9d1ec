"""What is done to several contacts or companies at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.bulk import Deed, Opening
from core.errors import Refused
from core.forms import Styled
from crm.bulkforms import BulkCompanyForm, BulkContactForm, BulkRecordForm
from crm.duplicatelines import COMPANIES, CONTACTS
from crm.models import Company, Contact, Tag, User
from crm.services.companies import (
    archive_companies,
    delete_companies,
    unarchive_companies,
    update_companies,
)
from crm.services.contacts import (
    archive_contacts,
    delete_contacts,
    unarchive_contacts,
    update_contacts,
)
from crm.services.people import save_companies, save_contacts
from crm.services.tagging import set_tags

Many = Callable[[list[int], Any], Any]


class AssignForm(Styled):
    """Who the records are given to."""

    owner = forms.ModelChoiceField(
        User.objects.active(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"owner": user})


class TagForm(Styled):
    """Tags that are put on records, and those that are taken off."""

    add = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        label=gettext_lazy("Add tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    remove = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        label=gettext_lazy("Take tags off"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)


class SureForm(Styled):
    """Nothing is asked but to be sure."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)


def _deeds(
    model: type[Any],
    *,
    form: type[BulkRecordForm],
    edit: Callable[[list[int], Any, Any], Any],
    update: Callable[[list[int], dict[str, Any], Any], Any],
    archive: Many,
    unarchive: Many,
    delete: Many,
    stays: Callable[[], str],
    merging: Opening,
) -> dict[str, Deed | Opening]:
    """The deeds for one kind of record; `stays` says what is not deleted with it."""

    def assign(ids: list[int], form: Any, by: Any) -> None:
        update(ids, {"owner": form.cleaned_data["owner"]}, by)

    def tag(ids: list[int], form: Any, by: Any) -> None:
        add, remove = form.cleaned_data["add"], form.cleaned_data["remove"]
        if not (add or remove):
            raise Refused(_("Choose a tag."))
        keys = {"add": [tag.pk for tag in add], "remove": [tag.pk for tag in remove]}
        set_tags(model=model, ids=ids, by=by, **keys)

    deeds: tuple[Deed | Opening, ...] = (
        Deed(
            name="edit",
            icon="pencil",
            label=lambda: _("Edit"),
            form=form,
            do=edit,
            asks=lambda n: ngettext("Edit %(n)s record", "Edit %(n)s records", n),
            says=lambda n: ngettext("%(n)s record edited.", "%(n)s records edited.", n),
            button=lambda: _("Save"),
        ),
        Deed(
            name="assign",
            icon="user",
            label=lambda: _("Assign"),
            form=AssignForm,
            do=assign,
            asks=lambda n: ngettext("Who gets %(n)s record?", "Who gets %(n)s records?", n),
            says=lambda n: ngettext("%(n)s record assigned.", "%(n)s records assigned.", n),
            button=lambda: _("Assign"),
        ),
        Deed(
            name="tag",
            icon="tag",
            label=lambda: _("Tag"),
            form=TagForm,
            do=tag,
            asks=lambda n: ngettext("Tag %(n)s record", "Tag %(n)s records", n),
            says=lambda n: ngettext("%(n)s record tagged.", "%(n)s records tagged.", n),
            button=lambda: _("Save"),
        ),
        merging,
        Deed(
            name="archive",
            icon="archive",
            label=lambda: _("Archive"),
            form=SureForm,
            do=lambda ids, _form, by: archive(ids, by),
            asks=lambda n: ngettext("Archive %(n)s record?", "Archive %(n)s records?", n),
            says=lambda n: ngettext("%(n)s record archived.", "%(n)s records archived.", n),
            button=lambda: _("Archive"),
            note=lambda: _("They leave the lists, and can be brought back."),
        ),
        Deed(
            name="unarchive",
            icon="arrow-back-up",
            label=lambda: _("Bring back"),
            form=SureForm,
            do=lambda ids, _form, by: unarchive(ids, by),
            asks=lambda n: ngettext(
                "Bring %(n)s record back from the archive?",
                "Bring %(n)s records back from the archive?",
                n,
            ),
            says=lambda n: ngettext("%(n)s record is back.", "%(n)s records are back.", n),
            button=lambda: _("Bring back"),
        ),
        Deed(
            name="delete",
            icon="trash",
            label=lambda: _("Delete…"),
            form=SureForm,
            do=lambda ids, _form, by: delete(ids, by),
            asks=lambda n: ngettext("Delete %(n)s record?", "Delete %(n)s records?", n),
            says=lambda n: ngettext("%(n)s record deleted.", "%(n)s records deleted.", n),
            button=lambda: _("Delete"),
            note=stays,
            is_grave=True,
        ),
    )
    return {deed.name: deed for deed in deeds}


CONTACT_DEEDS = _deeds(
    Contact,
    form=BulkContactForm,
    edit=lambda ids, form, by: save_contacts(
        contacts=ids, values=form.values(), company_name=form.named(), by=by
    ),
    update=lambda ids, values, by: update_contacts(contacts=ids, values=values, by=by),
    archive=lambda ids, by: archive_contacts(contacts=ids, by=by),
    unarchive=lambda ids, by: unarchive_contacts(contacts=ids, by=by),
    delete=lambda ids, by: delete_contacts(contacts=ids, by=by),
    stays=lambda: _("Leads stay; the contact is taken off them."),
    merging=CONTACTS.merging(),
)
COMPANY_DEEDS = _deeds(
    Company,
    form=BulkCompanyForm,
    edit=lambda ids, form, by: save_companies(
        companies=ids, values=form.values(), parent_name=form.named(), by=by
    ),
    update=lambda ids, values, by: update_companies(companies=ids, values=values, by=by),
    archive=lambda ids, by: archive_companies(companies=ids, by=by),
    unarchive=lambda ids, by: unarchive_companies(companies=ids, by=by),
    delete=lambda ids, by: delete_companies(companies=ids, by=by),
    stays=lambda: _("Contacts, leads and branches stay; they lose the company."),
    merging=COMPANIES.merging(),
)


def offered(deeds: dict[str, Deed | Opening], *, is_archive: bool) -> list[Deed | Opening]:
    """What is offered on a list: those of the archive are brought back, others put there."""
    gone = "archive" if is_archive else "unarchive"
    return [deed for deed in deeds.values() if deed.name != gone]
