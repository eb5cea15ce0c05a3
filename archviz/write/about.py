"""What a file says of itself: who made it and when, where somebody told; never the clock."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from typing import NamedTuple

from archviz.errors import fail

CLOCK = "SOURCE_DATE_EPOCH"
"""Variable of the environment: the time that builds give their files, in seconds."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class About(NamedTuple):
    """The metadata of a file; what is empty is left out.

    ``date`` is a day, ``2026-11-29``, or a time with its zone, ``2026-11-29T10:00:00+01:00``.
    """

    title: str = ""
    subject: str = ""
    author: str = ""
    date: str = ""


def date_of(value: str) -> str:
    """A day as ``2026-11-29``, or a time with its zone; of one without, UTC.

    Raises:
        ValueError: it is neither.
    """
    text = value.strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{value!r} is no date; write 2026-11-29, or 2026-11-29T10:00:00+01:00"
        raise ValueError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def date_of_build() -> str:
    """The date that the environment gives what is built; empty where it gives none.

    Raises:
        ArchvizError: what it gives is no time.
    """
    seconds = os.environ.get(CLOCK, "")
    if not seconds:
        return ""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        raise fail(
            CLOCK, f"{seconds!r} is no time", "give seconds since 1970, or unset it"
        ) from None


def moment_of(text: str) -> datetime:
    """The date of :class:`About` as a time in UTC; a day begins at midnight there."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def said_date(date: str) -> str:
    """A date as it is said: ``29 November 2026``; empty for none."""
    if not date:
        return ""
    year, month, day = date[:10].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"
