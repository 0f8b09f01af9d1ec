"""The third-party files of the front end, as `static/vendor/manifest.json` names them.

The manifest is the list of wishes and the proof at once: package, exact version and the path of
each file inside the package say what to fetch; the checksums say what lies here.
"""

import hashlib
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=[^\n]*)\s*$")
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Difference:
    """One file that is not what the manifest says, and how."""

    path: str
    reason: str


def sha256(content: bytes) -> str:
    """The checksum as the manifest writes it."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(static: Path) -> dict[str, Any]:
    """The manifest of the folder `static`."""
    manifest: dict[str, Any] = json.loads((static / "vendor" / "manifest.json").read_text("utf-8"))
    return manifest


def differences(static: Path) -> list[Difference]:
    """What is missing, altered or named nowhere under `static`; empty when all is well."""
    found = []
    named = set()
    for package in read_manifest(static)["packages"]:
        for file in package["files"]:
            named.add(file["path"])
            path = static / file["path"]
            if not path.is_file():
                found.append(Difference(file["path"], "missing"))
            elif sha256(path.read_bytes()) != file["sha256"]:
                found.append(Difference(file["path"], "altered"))
    named |= {"vendor/manifest.json", "vendor/icons.txt"}
    for path in sorted((static / "vendor").rglob("*")):
        name = path.relative_to(static).as_posix()
        if path.is_file() and name not in named:
            found.append(Difference(name, "not in the manifest"))
    return found


def fetch(name: str, version: str, folder: Path) -> Path:
    """Unpack the npm package `name` at exactly `version` below `folder`; returns its root.

    Nothing of the package is run. Raises CalledProcessError when the npm client cannot get it.
    """
    answer = subprocess.run(  # noqa: S603
        ["npm", "pack", f"{name}@{version}", "--json", "--silent", "--pack-destination", folder],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    packed = json.loads(answer.stdout)
    details = packed[0] if isinstance(packed, list) else next(iter(packed.values()))
    root: Path = folder / details["filename"].removesuffix(".tgz")
    with tarfile.open(folder / details["filename"]) as archive:
        archive.extractall(root, filter="data")
    return root / "package"


def without_source_map(content: bytes) -> bytes:
    """The file without its pointer to a source map, which is not shipped."""
    return SOURCE_MAP.sub(b"\n", content)


def wanted_icons(static: Path) -> list[str]:
    """The names in `icons.txt`, sorted; `name-filled` is the filled drawing of `name`."""
    lines = (static / "vendor" / "icons.txt").read_text("utf-8").splitlines()
    return sorted({line.strip() for line in lines if line.strip() and not line.startswith("#")})


def sprite(icons: list[str], package: Path) -> bytes:
    """One SVG of a symbol for each icon: `<svg><use href="…/icons.svg#name"/></svg>` draws it.

    Strokes and fills take the colour of the text around. An unknown name is a FileNotFoundError.
    """
    symbols = []
    for name in icons:
        outline = package / "icons" / "outline" / f"{name}.svg"
        filled = package / "icons" / "filled" / f"{name.removesuffix('-filled')}.svg"
        is_filled = name.endswith("-filled") and not outline.exists()
        drawing = ElementTree.fromstring((filled if is_filled else outline).read_bytes())  # noqa: S314
        shapes = []
        for shape in drawing:
            if shape.get("stroke") == "none" and shape.get("fill") == "none":
                continue  # the empty square that only gives the drawing its size
            attributes = "".join(f' {key}="{value}"' for key, value in shape.attrib.items())
            shapes.append(f"<{shape.tag.removeprefix(SVG)}{attributes}/>")
        pen = (
            'fill="currentColor"'
            if is_filled
            else 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
            ' stroke-linejoin="round"'
        )
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {pen}>{"".join(shapes)}</symbol>')
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]
    return "\n".join(lines).encode()
