"""Tell where an update is malformed."""

from __future__ import annotations

from graph.errors import BadQuery
from graph.sparql import diagnosis
from graph.sparql.guard import ReadQuery


def malformed(read: ReadQuery, report: str) -> BadQuery:
    """Return the error for an update that the engine could not parse, with its line and column.

    Parameters
    ----------
    read
        The update.
    report
        The engine's message.
    """
    told = diagnosis.malformed(read, report)
    message = told.message.replace("The query is malformed", "The update is malformed")
    return BadQuery(message, remedy=told.remedy, code="malformed-update", **told.extension)
