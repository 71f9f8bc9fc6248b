"""Where what a start loads and derives is kept for the next, as the environment says."""

from __future__ import annotations

import os
from pathlib import Path

from graph.errors import BadValue
from graph.prepared.startcache import default_folder

#: The setting, which commands read without the others.
VARIABLE = "SPACENORMS_START_CACHE"
AUTO, OFF = "auto", "off"


def folder(value: str) -> Path | None:
    """Return the folder that a value of the setting means.

    Parameters
    ----------
    value
        ``auto``, ``off`` or an absolute path.

    Returns
    -------
    pathlib.Path or None
        None where nothing is kept.

    Raises
    ------
    ValueError
        It is none of the three.
    """
    if value == AUTO:
        return default_folder()
    if value == OFF:
        return None
    if not Path(value).is_absolute():
        raise ValueError(f"“{value[:80]}” is neither {AUTO} nor {OFF} nor the absolute path of a folder")
    return Path(value)


def of_environment() -> Path | None:
    """Return the folder that the environment means; raise BadValue when it means none."""
    try:
        return folder(os.environ.get(VARIABLE, AUTO))
    except ValueError as error:
        raise BadValue(
            f"{VARIABLE} does not fit: {error}.", remedy="See docs/settings.md.", code="bad-setting"
        ) from None
