"""Contacts as vCards 3.0 (RFC 2426), which telephones and mail programs of any age read."""

from __future__ import annotations

from collections.abc import Iterable

from crm.models import Contact

#: Octets of a line, its end not counted (RFC 2426, section 2.6).
LINE = 75


def escaped(text: str) -> str:
    """A text value: backslash, comma, semicolon and line ends are escaped (section 5)."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for mark in "\\,;":
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> str:
    """A line in pieces of at most LINE octets; no character is cut."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece += letter
        size += octets
    return "\r\n".join([*pieces, piece])


def names_of(name: str) -> tuple[str, str]:
    """Family and given name: "Keller, Nora" says which is which, else the family comes last."""
    family, comma, given = name.partition(",")
    if comma:
        return family.strip(), given.strip()
    given, _space, family = name.strip().rpartition(" ")
    return family, given


def card_of(contact: Contact) -> str:
    """One contact with its company as a vCard."""
    family, given = names_of(contact.name)
    company = contact.company
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{escaped(family)};{escaped(given)};;;",
        f"FN:{escaped(contact.name)}",
    ]
    if contact.email:
        lines.append(f"EMAIL;TYPE=INTERNET:{escaped(contact.email)}")
    if contact.phone:
        lines.append(f"TEL;TYPE=VOICE:{escaped(contact.phone_key or contact.phone)}")
    if contact.mobile:
        lines.append(f"TEL;TYPE=CELL:{escaped(contact.mobile_key or contact.mobile)}")
    if contact.job_title:
        lines.append(f"TITLE:{escaped(contact.job_title)}")
    if company is not None:
        lines.append(f"ORG:{escaped(company.name)}")
        place = (company.street, company.city, "", company.postal_code, company.country)
        if any(place):
            lines.append("ADR;TYPE=WORK:;;" + ";".join(escaped(part) for part in place))
        if company.website:
            lines.append(f"URL:{escaped(company.website)}")
    lines += [f"REV:{contact.updated_at:%Y-%m-%dT%H:%M:%SZ}", "END:VCARD"]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def cards(contacts: Iterable[Contact]) -> str:
    """Several contacts in one file."""
    return "".join(card_of(contact) for contact in contacts)
