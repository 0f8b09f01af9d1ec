"""Names of files that harm nobody, and still read as they were meant."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

#: Characters of a name at most, and of its ending.
LONGEST, LONGEST_ENDING = 150, 12
#: Of a record's title, in the name of a file that came from it.
FROM_TITLE = 20
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A name without folders, invisible or turning characters, and what file systems refuse.

    "../../x" is "x"; the ending stays when a long name is cut.
    """
    text = re.split(r"[/\\]", unicodedata.normalize("NFC", str(name)))[-1]
    text = "".join(" " if letter in "\t\n\r" else letter for letter in text)
    # Control, format (direction, width), surrogate, private and unassigned characters go.
    text = "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")
    text = re.sub(r'[<>:"|?*]', "_", text)
    text = " ".join(text.split()).strip(". ")
    if not text:
        return _("file")
    if _RESERVED.match(text):
        text = f"_{text}"
    return cut(text)


def cut(name: str, room: int = LONGEST) -> str:
    """A name of at most `room` characters, with its ending."""
    if len(name) <= room:
        return name
    stem, ending = split(name)
    return stem[: room - len(ending)].rstrip(". ") + ending


def split(name: str) -> tuple[str, str]:
    """("offer.v2", ".pdf") of "offer.v2.pdf"; no ending when there is none of a usual length."""
    stem, dot, ending = name.rpartition(".")
    if not stem or not ending or len(ending) > LONGEST_ENDING or " " in ending:
        return name, ""
    return stem, dot + ending


def ending_of(name: str) -> str:
    """The ending in lower case, without its dot."""
    return split(name)[1].lower().lstrip(".")


def name_from(name: str, title: str) -> str:
    """The name of a file that came from a merged lead: "offer (from Big deal).pdf"."""
    stem, ending = split(name)
    title = title[:FROM_TITLE].strip()
    behind = " " + _("(from %s)") % title
    return cut(stem, LONGEST - len(behind) - len(ending)) + behind + ending
