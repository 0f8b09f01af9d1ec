import json
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core import vendoring

STATIC = Path(settings.BASE_DIR) / "static"


@pytest.fixture
def copied(tmp_path):
    """A copy that a test may spoil."""
    shutil.copytree(STATIC / "vendor", tmp_path / "vendor")
    shutil.copy(STATIC / "icons.svg", tmp_path / "icons.svg")
    return tmp_path


def test_every_vendored_file_is_the_one_of_the_manifest():
    assert vendoring.differences(STATIC) == []


def test_every_package_has_an_exact_version_and_its_licence_beside_it():
    for package in vendoring.read_manifest(STATIC)["packages"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"] in {"MIT", "0BSD", "OFL-1.1"}
        assert any("LICENSE" in Path(file["path"]).name for file in package["files"])


def test_no_vendored_file_points_to_a_source_map_that_is_not_here():
    for path in (STATIC / "vendor").rglob("*.min.*"):
        assert b"sourceMappingURL" not in path.read_bytes()


def test_a_changed_byte_is_found(copied):
    with (copied / "vendor/htmx/htmx.min.js").open("ab") as file:
        file.write(b" ")
    assert vendoring.differences(copied) == [
        vendoring.Difference("vendor/htmx/htmx.min.js", "altered")
    ]


def test_a_missing_and_a_stray_file_are_found(copied):
    (copied / "icons.svg").unlink()
    (copied / "vendor/htmx/extra.js").write_text("alert(1)")
    assert {(found.path, found.reason) for found in vendoring.differences(copied)} == {
        ("icons.svg", "missing"),
        ("vendor/htmx/extra.js", "not in the manifest"),
    }


def test_the_command_fails_on_a_difference(copied, settings):
    root = copied / "root"
    root.mkdir()
    (copied / "vendor").rename(root / "vendor")
    (root / "static").mkdir()
    (root / "vendor").rename(root / "static" / "vendor")
    settings.BASE_DIR = root
    with pytest.raises(CommandError, match=r"icons\.svg: missing"):
        call_command("vendor", "--check")


def test_the_sprite_holds_exactly_the_wanted_icons():
    sprite = (STATIC / "icons.svg").read_text("utf-8")
    assert re.findall(r'<symbol id="([a-z0-9-]+)"', sprite) == vendoring.wanted_icons(STATIC)


def test_icons_used_in_templates_are_in_the_sprite():
    """A name that the sprite lacks would be an empty square on the page."""
    wanted = set(vendoring.wanted_icons(STATIC))
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    used = {
        name
        for path in templates
        for name in re.findall(r"icons\.svg'? ?%?\}?#([a-z0-9-]+)", path.read_text("utf-8"))
    }
    assert used <= wanted


def test_the_fonts_name_files_that_are_here():
    css = (STATIC / "vendor/inter/inter.css").read_text("utf-8")
    files = re.findall(r'url\("([^"]+)"\)', css)
    assert len(files) == 2
    assert all((STATIC / "vendor/inter" / file).is_file() for file in files)


def test_the_manifest_holds_no_address():
    assert "://" not in json.dumps(vendoring.read_manifest(STATIC))


def test_what_only_the_tests_use_is_vendored_with_its_licence_too():
    folder = Path(settings.BASE_DIR) / "tests" / "browser"
    assert vendoring.differences(folder) == []
    [axe] = vendoring.read_manifest(folder)["packages"]
    assert (axe["name"], axe["licence"]) == ("axe-core", "MPL-2.0")
