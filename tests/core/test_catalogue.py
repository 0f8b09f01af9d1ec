import gettext

import polib
import pytest

from core import catalogue
from core.catalogue import Message


@pytest.fixture
def root(tmp_path):
    """A small project: one app and one template."""
    app = tmp_path / "shop"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "words.py").write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext_lazy\n"
        "a = _('Save')\n"
        "b = ngettext('%(count)s lead', '%(count)s leads', n)\n"
        "c = pgettext_lazy('verb', 'Lead')\n"
        "d = _(variable)\n"
        "e = _(\n    'joined '\n    'by Python'\n)\n"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% load i18n %}<p title=\"{% translate 'Board' %}\">\n"
        "{% blocktranslate count n=leads|length trimmed %}\n {{ n }} card\n"
        "{% plural %}\n {{ n }} cards\n{% endblocktranslate %}\n"
        "{% translate 'Won' context 'status' %}{{ _('Save')|upper }}\n"
        "{# _('not me') #}{% comment %}{% translate 'nor me' %}{% endcomment %}</p>\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("_('tests are not translated')")
    return tmp_path


@pytest.fixture
def french(root):
    texts = catalogue.read(root / "none.po", "fr")
    catalogue.update(texts, catalogue.find_messages(root))
    return texts


def translate_all(texts):
    for entry in texts:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgid, 1: entry.msgid_plural}
        else:
            entry.msgstr = entry.msgid


def test_texts_of_code_and_templates_are_found(root):
    found = catalogue.find_messages(root)
    assert set(found) == {
        Message("Save"),
        Message("%(count)s lead", "%(count)s leads"),
        Message("Lead", context="verb"),
        Message("joined by Python"),
        Message("Board"),
        Message("%(n)s card", "%(n)s cards"),
        Message("Won", context="status"),
    }
    assert found[Message("Save")] == [("shop/words.py", "2"), ("templates/page.html", "7")]


def test_an_f_string_is_refused_with_its_place(root):
    (root / "shop" / "bad.py").write_text("_(f'Hello {name}')\n")
    with pytest.raises(catalogue.Untranslatable, match=r"shop/bad\.py:1"):
        catalogue.find_messages(root)


def test_the_order_of_a_new_catalogue_does_not_depend_on_lines(root, french):
    before = str(french)
    words = root / "shop" / "words.py"
    words.write_text("\n\n\n" + words.read_text())
    catalogue.update(french, catalogue.find_messages(root))
    assert str(french) == before


def test_an_empty_catalogue_has_everything_to_do(root, french):
    lines = catalogue.problems(french, catalogue.find_messages(root))
    assert len(lines) == 7
    assert all(line.startswith("not translated") for line in lines)


def test_a_complete_catalogue_has_no_problem(root, french):
    translate_all(french)
    assert catalogue.problems(french, catalogue.find_messages(root)) == []


def test_a_new_text_is_missed(root, french):
    translate_all(french)
    (root / "shop" / "new.py").write_text("_('Brand new')\n")
    assert catalogue.problems(french, catalogue.find_messages(root)) == [
        "not in the catalogue: 'Brand new' (shop/new.py:1)"
    ]


def test_a_text_that_went_is_named_and_kept_as_obsolete(root, french):
    translate_all(french)
    (root / "templates" / "page.html").write_text("")
    found = catalogue.find_messages(root)
    assert "used nowhere: 'Board'" in catalogue.problems(french, found)
    catalogue.update(french, found)
    assert catalogue.problems(french, found) == []
    assert french.find("Board", include_obsolete_entries=True).obsolete


def test_a_fuzzy_text_is_a_problem(root, french):
    translate_all(french)
    french.find("Save").flags.append("fuzzy")
    assert catalogue.problems(french, catalogue.find_messages(root)) == ["fuzzy: 'Save'"]


@pytest.mark.parametrize("wrong", ["%(number)s carte", "{n} carte"])
def test_a_placeholder_that_the_source_lacks_is_a_problem(root, french, wrong):
    translate_all(french)
    french.find("%(n)s card").msgstr_plural[0] = wrong
    (line,) = catalogue.problems(french, catalogue.find_messages(root))
    assert line.startswith("placeholders differ")


def test_one_missing_plural_form_is_a_problem(root, french):
    translate_all(french)
    french.find("%(n)s card").msgstr_plural[1] = ""
    (line,) = catalogue.problems(french, catalogue.find_messages(root))
    assert line == "not translated: '%(n)s card'"


def test_a_written_catalogue_is_what_gettext_reads(root, french, tmp_path):
    translate_all(french)
    french.find("Save").msgstr = "Enregistrer"
    french.save_as_mofile(str(tmp_path / "django.mo"))
    with (tmp_path / "django.mo").open("rb") as file:
        spoken = gettext.GNUTranslations(file)
    assert spoken.gettext("Save") == "Enregistrer"
    assert spoken.ngettext("%(n)s card", "%(n)s cards", 0) == "%(n)s card"


def test_updating_twice_changes_nothing(root, french, tmp_path):
    translate_all(french)
    french.save(str(tmp_path / "fr.po"))
    again = polib.pofile(str(tmp_path / "fr.po"), wrapwidth=98)
    catalogue.update(again, catalogue.find_messages(root))
    assert str(again) == str(french)
