"""The translations: what the source says, what the catalogue lacks, how it is written and compiled.

It needs polib, not gettext's programs, so that a machine with Python alone can do it.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

SOURCE_LANGUAGE = "en"
PLURAL_FORMS = {"fr": "nplurals=2; plural=(n > 1);"}
#: Function -> what its leading arguments are: c(ontext), s(ingular), p(lural).
FUNCTIONS = {
    "_": "s",
    "gettext": "s",
    "gettext_lazy": "s",
    "gettext_noop": "s",
    "ngettext": "sp",
    "ngettext_lazy": "sp",
    "pgettext": "cs",
    "pgettext_lazy": "cs",
    "npgettext": "csp",
    "npgettext_lazy": "csp",
}
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)
PERCENT = re.compile(r"%(?:\(\w+\))?[sdrf]")
BRACE = re.compile(r"\{\w*[^{}]*\}")
SKIPPED = {"tests", "bench", "migrations"}


@dataclass(frozen=True)
class Message:
    """One text of the source; `context` tells equal words of different meaning apart."""

    singular: str
    plural: str = ""
    context: str | None = None


type Found = dict[Message, list[tuple[str, str]]]


class Untranslatable(ValueError):
    """A text that is put together before it is looked up, so that no catalogue can hold it."""


def find_messages(root: Path) -> Found:
    """Every text that code and templates below `root` translate, with (file, line) of each use."""
    found: Found = {}
    for path in sorted(_sources(root)):
        name = path.relative_to(root).as_posix()
        content = path.read_text("utf-8")
        calls = _in_python(content, name) if path.suffix == ".py" else _in_template(content)
        for message, line in calls:
            found.setdefault(message, []).append((name, str(line)))
    return found


def _sources(root: Path) -> Iterator[Path]:
    apps = [path.parent for path in root.glob("*/__init__.py") if path.parent.name not in SKIPPED]
    for app in apps:
        for path in app.rglob("*.py"):
            if not SKIPPED & set(path.relative_to(root).parts):
                yield path
    for folder in [root / "templates", *(app / "templates" for app in apps)]:
        for ending in ("html", "txt"):
            yield from folder.rglob(f"*.{ending}")


def _in_python(content: str, name: str) -> Iterator[tuple[Message, int]]:
    for node in ast.walk(ast.parse(content, name)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else None
        function = node.func.id if isinstance(node.func, ast.Name) else function
        roles = FUNCTIONS.get(function or "")
        if roles is None:
            continue
        texts = []
        for argument in node.args[: len(roles)]:
            if isinstance(argument, ast.JoinedStr):
                raise Untranslatable(f"{name}:{node.lineno}: an f-string cannot be translated.")
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                texts.append(argument.value)
        if len(texts) == len(roles):
            yield _message(roles, texts), node.lineno


def _in_template(content: str) -> Iterator[tuple[Message, int]]:
    code = templatize(content)
    for call in CALL.finditer(code):
        roles = FUNCTIONS[call[1]]
        texts = list(ast.literal_eval(f"({call[2]},)"))
        yield _message(roles, texts[: len(roles)]), code.count("\n", 0, call.start()) + 1


def _message(roles: str, texts: list[str]) -> Message:
    parts = dict(zip(roles, texts, strict=True))
    return Message(parts["s"], parts.get("p", ""), parts.get("c"))


def read(path: Path, language: str) -> polib.POFile:
    """The catalogue at `path`, or an empty one."""
    if path.exists():
        return polib.pofile(str(path), wrapwidth=98)
    catalogue = polib.POFile(wrapwidth=98)
    catalogue.metadata = {
        "Project-Id-Version": "Relance",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS[language],
    }
    return catalogue


def update(catalogue: polib.POFile, found: Found) -> None:
    """Make the catalogue hold exactly the texts found; kept translations stay, new ones are empty.

    A translation that nothing uses any more stays as obsolete, out of the compiled file.
    """
    found = _merged(found)
    known = _by_key(catalogue)
    wanted = {(message.singular, message.context): message for message in found}
    for key, entry in known.items():
        if key not in wanted:
            entry.obsolete = True
            entry.occurrences = []
            if not entry.msgstr and not any(entry.msgstr_plural.values()):
                catalogue.remove(entry)
    for key, message in wanted.items():
        entry = known.get(key) or polib.POEntry(msgid=message.singular, msgctxt=message.context)
        if key not in known:
            catalogue.append(entry)
        entry.obsolete = False
        # The file alone: a line number would change the catalogue with every edit above it.
        entry.occurrences = [(file, "") for file in sorted({file for file, _ in found[message]})]
        if message.plural and not entry.msgid_plural:
            entry.msgstr, entry.msgstr_plural = "", {0: entry.msgstr, 1: ""}
        entry.msgid_plural = message.plural
        entry.flags = [flag for flag in entry.flags if flag == "fuzzy"]
        if PERCENT.search(message.singular + message.plural):
            entry.flags.append("python-format")
    catalogue.sort(key=lambda entry: (entry.obsolete, entry.msgid.casefold(), entry.msgctxt or ""))


def _merged(found: Found) -> Found:
    """One message for each key of a catalogue; of a text with and without plural, the former."""
    keys: dict[tuple[str, str | None], Message] = {}
    merged: Found = {}
    for message in sorted(found, key=lambda message: not message.plural):
        first = keys.setdefault((message.singular, message.context), message)
        merged[first] = merged.get(first, []) + found[message]
    return merged


def _by_key(entries: Iterable[polib.POEntry]) -> dict[tuple[str, str | None], polib.POEntry]:
    return {(entry.msgid, entry.msgctxt): entry for entry in entries}


def problems(catalogue: polib.POFile, found: Found) -> list[str]:
    """What is wrong with a catalogue, a line each; empty when it is complete."""
    entries = _by_key(entry for entry in catalogue if not entry.obsolete)
    lines = []
    for message, uses in _merged(found).items():
        entry = entries.pop((message.singular, message.context), None)
        file, line = uses[0]
        if entry is None:
            lines.append(f"not in the catalogue: {message.singular!r} ({file}:{line})")
        elif "fuzzy" in entry.flags:
            lines.append(f"fuzzy: {message.singular!r}")
        else:
            lines += [f"{problem}: {message.singular!r}" for problem in _entry_problems(entry)]
    lines += [f"used nowhere: {text!r}" for text, _ in entries]
    return lines


def _entry_problems(entry: polib.POEntry) -> Iterator[str]:
    translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not translations or not all(translations):
        yield "not translated"
        return
    texts = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
    # A form for one may leave the number out; a name that the source does not have is always wrong.
    allowed = [_placeholders(text) for text in texts]
    for translation in translations:
        holds = _placeholders(translation)
        if not holds <= set().union(*allowed) or (not entry.msgid_plural and holds != allowed[0]):
            yield f"placeholders differ in {translation!r}"
    if any(text.startswith("\n") != translations[0].startswith("\n") for text in texts):
        yield "line breaks differ"


def _placeholders(text: str) -> set[str]:
    return set(PERCENT.findall(text.replace("%%", ""))) | set(BRACE.findall(text))
