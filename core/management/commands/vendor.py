"""`manage.py vendor`: bring the front end's vendored files to what the manifest asks for."""

import json
import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import vendoring


class Command(BaseCommand):
    """Fetches through the npm client; `--check` only compares and needs no network."""

    help = "Refreshes static/vendor and static/icons.svg from the packages in the manifest."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` alone; what to fetch is in the manifest and in icons.txt."""
        parser.add_argument("--check", action="store_true", help="compare with the manifest only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch and rewrite, then compare; fails when something differs."""
        static = Path(settings.BASE_DIR) / "static"
        if not options["check"]:
            self.refresh(static)
        found = vendoring.differences(static)
        if found:
            raise CommandError(
                "\n".join(f"{difference.path}: {difference.reason}" for difference in found)
            )
        self.stdout.write("Every vendored file is the one that the manifest names.")

    def refresh(self, static: Path) -> None:
        """Write each file of each package and its checksum; drop what is named nowhere."""
        if shutil.which("npm") is None:
            raise CommandError("npm is not here; it comes with Node.js.")
        manifest = vendoring.read_manifest(static)
        for package in manifest["packages"]:
            with tempfile.TemporaryDirectory() as folder:
                root = vendoring.fetch(package["name"], package["version"], Path(folder))
                for file in package["files"]:
                    self.write(static, root, file)
            self.stdout.write(f"{package['name']} {package['version']}")
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (static / "vendor" / "manifest.json").write_text(text, "utf-8")
        for difference in vendoring.differences(static):
            if difference.reason == "not in the manifest":
                (static / difference.path).unlink()

    def write(self, static: Path, root: Path, file: dict[str, str]) -> None:
        """One file: taken out of the package, or made from it; a file with neither is our own."""
        path = static / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if "from" in file:
            path.write_bytes(vendoring.without_source_map((root / file["from"]).read_bytes()))
        elif file["path"] == "icons.svg":
            path.write_bytes(vendoring.sprite(vendoring.wanted_icons(static), root))
        file["sha256"] = vendoring.sha256(path.read_bytes())
