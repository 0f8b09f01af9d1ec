"""What the folders promise: file sizes, locked requirements, a compose file that holds together."""

import re

import pytest
import yaml

from tests.config.processes import ROOT

APPS = ("config", "core", "crm", "pipeline", "messaging", "capture", "demo")


def test_no_file_has_outgrown_its_subject():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        if (lines := len(path.read_text("utf-8").splitlines())) > 420
    }
    assert long == {}


def test_no_module_is_named_after_nothing():
    names = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert [path for app in APPS for path in (ROOT / app).rglob("*.py") if path.name in names] == []


@pytest.mark.parametrize("name", ["production", "development"])
def test_requirements_are_exact_hashed_and_without_addresses(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    packages = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.M), flags=re.M)[
        1:
    ]
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==[^ ]+ ", package), package
        assert "--hash=sha256:" in package


def test_production_requirements_are_part_of_the_development_ones():
    pins = [
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text("utf-8"), re.M))
        for name in ("production.txt", "development.txt")
    ]
    assert pins[0] <= pins[1]


@pytest.fixture
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def test_nothing_starts_before_the_migration_has_succeeded(compose):
    for name in ("web", "worker", "beat"):
        waits = compose["services"][name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["db"] == waits["redis"] == {"condition": "service_healthy"}
    assert compose["services"]["migrate"]["command"][:3] == ["python", "manage.py", "migrate"]
    assert compose["services"]["migrate"]["restart"] == "no"


def test_the_data_outlives_the_containers(compose):
    mounted = [
        mount.split(":")[0]
        for service in compose["services"].values()
        for mount in service.get("volumes", [])
    ]
    assert set(mounted) == set(compose["volumes"])


def test_web_and_worker_share_the_files_that_people_bring(compose):
    for name in ("web", "worker", "beat"):
        service = compose["services"][name]
        assert service["volumes"] == [f"files:{service['environment']['RELANCE_VAR']}"]


def test_every_variable_of_the_compose_file_is_in_the_example(compose):
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text)) - {"RELANCE_TAG"}
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.M))
    assert used <= named


def test_the_image_runs_what_compose_and_settings_name():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for copied in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.M):
        assert (ROOT / copied).exists()
    compiled = re.search(r"compileall -q (.+)$", dockerfile, re.M)
    assert compiled is not None
    assert sorted(compiled[1].split()) == sorted(APPS)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".env", ".git", "var"} <= set(ignored)
    assert "CHANGELOG.md" not in ignored  # the version is read from it


def test_production_has_what_the_redis_transport_imports():
    """kombu's redis transport needs packaging, which only celery's extra declares."""
    pins = (ROOT / "requirements" / "production.txt").read_text("utf-8")
    assert re.search(r"^redis==", pins, re.M)
    assert re.search(r"^packaging==", pins, re.M)
