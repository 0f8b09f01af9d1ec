"""The version of Relance is the newest heading of its change log."""

import re
from pathlib import Path


def read_version(changelog: Path) -> str:
    """The first `## X.Y.Z` of the change log; a log without one is an error."""
    match = re.search(r"^## (\d+\.\d+\.\d+)", changelog.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ValueError(f"{changelog} has no version heading.")
    return match.group(1)
