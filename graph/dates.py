"""Dates as a user writes them: a day, checked."""

from __future__ import annotations

import datetime
import re

from graph.errors import BadDate

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def day(text: str | datetime.date, name: str = "as_of") -> datetime.date:
    """Read a day.

    Parameters
    ----------
    text : str or datetime.date
        ``YYYY-MM-DD``, or ``today``.
    name : str
        The parameter's name, for the error.

    Returns
    -------
    datetime.date
        The day.

    Raises
    ------
    BadDate
        The text is no day of the calendar.
    """
    if isinstance(text, datetime.date):
        return text
    if text == "today":
        return datetime.date.today()
    try:
        if _DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadDate(
        f"“{text}” is not a day ({name}).",
        remedy="Write it as year-month-day, such as 2024-01-05, or today.",
        parameter=name,
        value=text,
    )
