"""What a file is, told by its first bytes (the signatures of its format) and never by what is said
of it. What a computer would run is refused; what a browser would show as a page is called bytes."""

from __future__ import annotations

from messaging.filenames import ending_of

#: So many bytes are looked at.
HEAD = 4096
BYTES, TEXT, ZIP = "application/octet-stream", "text/plain", "application/zip"

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
#: Programs: Windows (PE), Linux (ELF), macOS (Mach-O, either order, and fat, which is also Java's
#: class), Android (dex), WebAssembly, a shortcut of Windows, a script's first line.
PROGRAMS = (
    *(b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe"),
    *(b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n", b"\x00asm"),
    *(b"L\x00\x00\x00\x01\x14\x02\x00", b"#!"),
)
#: Endings that a computer runs on a double click.
REFUSED_ENDINGS = frozenset(
    {
        *("apk", "app", "application", "appref-ms", "bat", "chm", "cmd", "com", "cpl", "deb"),
        *("desktop", "dll", "dmg", "exe", "gadget", "hta", "iso", "jar", "jnlp", "js"),
        *("jse", "lnk", "mjs", "msc", "msi", "msix", "msp", "mst", "pif", "pkg"),
        *("ps1", "ps1xml", "ps2", "psc1", "psm1", "py", "pyw", "reg", "rpm", "scf"),
        *("scr", "sct", "sh", "sys", "url", "vb", "vbe", "vbs", "vhd", "vhdx"),
        *("wsc", "wsf", "wsh", "xll"),
    }
)
_OOXML = "application/vnd.openxmlformats-officedocument."
#: What a zip archive or a text may be more closely, by its ending.
ZIPPED = {
    "docx": f"{_OOXML}wordprocessingml.document",
    "xlsx": f"{_OOXML}spreadsheetml.sheet",
    "pptx": f"{_OOXML}presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
TEXTS = {"csv": "text/csv", "md": "text/markdown", "ics": "text/calendar", "vcf": "text/vcard"}


def sniff(head: bytes, name: str) -> str:
    """The media type of a file that begins with `head`; the ending only tells kin apart."""
    ending = ending_of(name)
    for place, signature, media_type in SIGNATURES:
        if head[place : place + len(signature)] == signature:
            if media_type == ZIP:
                office = b"[Content_Types].xml" in head or b"mimetype" in head or b"_rels/" in head
                return ZIPPED.get(ending, ZIP) if office else ZIP
            if media_type == "application/x-ole-storage":
                return OLE.get(ending, media_type)
            return media_type
    if _is_markup(head) or not _is_text(head):
        return BYTES
    return TEXTS.get(ending, TEXT)


def is_program(head: bytes, name: str) -> bool:
    """Whether a computer would run the file, by its first bytes or by its ending."""
    return head.startswith(PROGRAMS) or ending_of(name) in REFUSED_ENDINGS


def _is_markup(head: bytes) -> bool:
    """What a browser may take for a page, a picture with scripts, or a style sheet's source."""
    text = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return text.startswith(b"<") or any(
        tag in text for tag in (b"<script", b"<html", b"<svg", b"<iframe", b"<!doctype")
    )


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    # A character may be cut at the end of what is looked at.
    for end in range(len(head), max(len(head) - 4, -1), -1):
        try:
            head[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
