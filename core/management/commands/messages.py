"""`manage.py messages`: bring the catalogues up to the source, compile them, or check them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Without an option it writes and compiles; the translator then fills the empty entries."""

    help = "Updates locale/*/LC_MESSAGES/django.po from the source and compiles it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two narrower deeds."""
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--check", action="store_true", help="only tell what is not complete")
        only.add_argument("--compile", action="store_true", help="only compile")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError when the check finds something."""
        try:
            from core import catalogue
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is missing: make setup") from None
        root = Path(settings.BASE_DIR)
        found = {} if options["compile"] else catalogue.find_messages(root)
        failed = []
        for language, _name in settings.LANGUAGES:
            if language == catalogue.SOURCE_LANGUAGE:
                continue
            path = root / "locale" / language / "LC_MESSAGES" / "django.po"
            texts = catalogue.read(path, language)
            if options["check"]:
                failed += [f"{language}: {line}" for line in catalogue.problems(texts, found)]
                continue
            if not options["compile"]:
                catalogue.update(texts, found)
                path.parent.mkdir(parents=True, exist_ok=True)
                texts.save(str(path))
            texts.save_as_mofile(str(path.with_suffix(".mo")))
            empty = len(texts.untranslated_entries())
            self.stdout.write(
                f"{language}: {len(texts.translated_entries())} translated, {empty} to do"
            )
        if failed:
            raise CommandError("\n".join([*failed, f"{len(failed)} in all. See make messages."]))
        if options["check"]:
            self.stdout.write(f"{len(found)} texts, each translated.")
