"""Contacts as vCards 3.0 (RFC 2426), which telephones and mail programs of any age read."""

from __future__ import annotations

from collections.abc import Iterable

from crm.models import Contact, ContactPoint

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


#: What a label is called there (sections 3.3.1 and 3.3.2); of addresses only the first word is
#: in the standard, the others are what programs write and read.
TYPES = {
    ContactPoint.Kind.EMAIL: {"work": "INTERNET,WORK", "private": "INTERNET,HOME"},
    ContactPoint.Kind.PHONE: {"work": "WORK,VOICE", "private": "HOME,VOICE", "mobile": "CELL"},
}


def _types(point: ContactPoint) -> str:
    is_email = point.kind == ContactPoint.Kind.EMAIL
    return TYPES[point.kind].get(point.label, "INTERNET" if is_email else "VOICE")  # type: ignore[index]


def _dialled(point: ContactPoint) -> str:
    """A number in E.164 where it is one."""
    return point.key if point.key.startswith("+") else point.value


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
    further = list(contact.points.all())
    emails = [point for point in further if point.kind == ContactPoint.Kind.EMAIL]
    phones = [point for point in further if point.kind == ContactPoint.Kind.PHONE]
    if contact.email:
        # Among several one is the first choice.
        types = "INTERNET,PREF" if emails else "INTERNET"
        lines.append(f"EMAIL;TYPE={types}:{escaped(contact.email)}")
    lines += [f"EMAIL;TYPE={_types(point)}:{escaped(point.value)}" for point in emails]
    if contact.phone:
        types = "VOICE,PREF" if phones else "VOICE"
        lines.append(f"TEL;TYPE={types}:{escaped(contact.phone_key or contact.phone)}")
    if contact.mobile:
        lines.append(f"TEL;TYPE=CELL:{escaped(contact.mobile_key or contact.mobile)}")
    lines += [f"TEL;TYPE={_types(point)}:{escaped(_dialled(point))}" for point in phones]
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
    """Several contacts in one file; read with `for_cards`, their number costs no query each."""
    return "".join(card_of(contact) for contact in contacts)
