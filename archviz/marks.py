"""The mark by which archviz knows the files that it wrote: a digest of all else in them.

It stands in the file itself, as a comment or whatever the format has for such a purpose. Who
edits the file breaks it, and the file is theirs from then on. Line ends do not count, since
programs that carry files from one system to another change them.
"""

from __future__ import annotations

import io
import struct
import zlib

SIGN = b"by archviz, sha256 "
DIGITS = 64
PNG = b"\x89PNG"
ZIP_FIELD = 0x7661
"""Our number for an extra field in the directory of a zip file; readers pass over those."""

TEXTS = {
    "xml": (b"", b"<!-- %s -->\n"),
    "tex": (b"", b"%% %s\n"),
    "gv": (b"", b"// %s\n"),
    "yaml": (b"", b"# %s\n"),
    "json": (b"\n}", b',\n "mark": "%s"'),
    "schema": (b"\n}", b',\n "$comment": "%s"'),
    "pdf": (b"startxref\n", b"%% %s\n"),
}
"""Before which text the mark stands, where it is not the last of the file, and its form."""


def marked(data: bytes, form: str) -> bytes:
    """A file's content with its mark: ``png``, ``zip``, or a form of :data:`TEXTS`."""
    blank = SIGN + b"0" * DIGITS
    if form == "zip":
        data = _in_zip(data, blank)
    else:
        if form == "png":
            body = b"tEXtComment\0" + blank
            at, text = len(data) - 12, struct.pack(">I", len(body) - 4) + body + bytes(4)
        else:
            before, frame = TEXTS[form]
            at, text = data.rindex(before) if before else len(data), frame % blank
        data = data[:at] + text + data[at:]
    start = data.rindex(SIGN) + len(SIGN)
    end = start + DIGITS
    data = data[:start] + _digest(data, start) + data[end:]
    if form != "png":
        return data
    body = data[start - len(SIGN) - len(b"tEXtComment\0") : end]
    return data[:end] + struct.pack(">I", zlib.crc32(body)) + data[end + 4 :]


def is_marked(data: bytes) -> bool:
    """Whether archviz wrote a file's content, and nobody changed it since."""
    start = data.rfind(SIGN) + len(SIGN)
    return start >= len(SIGN) and data[start : start + DIGITS] == _digest(data, start)


def _digest(data: bytes, start: int) -> bytes:
    """What belongs at ``start``: the SHA-256 of all else, line ends and a PNG's check apart."""
    import hashlib

    end = start + DIGITS + (4 if data.startswith(PNG) else 0)
    rest = data[:start] + data[end:]
    return hashlib.sha256(rest.replace(b"\r\n", b"\n")).hexdigest().encode()


def _in_zip(data: bytes, mark: bytes) -> bytes:
    """A zip file with an extra field at the last entry of its directory."""
    import zipfile

    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as archive:
        archive.infolist()[-1].extra += struct.pack("<HH", ZIP_FIELD, len(mark)) + mark
        archive.comment = b""  # has the directory written anew
    return file.getvalue()
