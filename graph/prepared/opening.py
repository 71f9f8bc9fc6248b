"""Opens a prepared store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.errors import BadData
from graph.prepared import manifest
from graph.prepared.locks import InUse
from graph.prepared.manifest import Manifest

#: The folder of the engine's own files within a folder of quads.
QUADS = "quads"
_ATTEMPTS = 3


@dataclass(frozen=True)
class Prepared:
    """A prepared store that is open for reading.

    Attributes
    ----------
    oxigraph : pyoxigraph.Store
        Open for reading only.
    path : pathlib.Path
        Where other processes open it.
    manifest : Manifest
        What it says of itself.
    in_use : InUse
        Keeps a later preparation from removing it; hold it as long as the store is asked.
    """

    oxigraph: ox.Store
    path: Path
    manifest: Manifest
    in_use: InUse


def open_prepared(folder: Path) -> Prepared:
    """Open a prepared store for reading; nothing of it is read beyond its manifest and its index.

    Parameters
    ----------
    folder : pathlib.Path
        What ``spacenorms prepare -o`` was given, or a link to it.

    Returns
    -------
    Prepared
        Ready to be asked.

    Raises
    ------
    BadData
        There is no whole store of this version; the error says how to prepare it.
    """
    # Another folder may be linked here at any moment: what is read belongs to one of them.
    folder = folder.resolve()
    for _ in range(_ATTEMPTS):
        found = manifest.read(folder)
        try:
            in_use = InUse(folder / found.folder)
        except OSError:
            continue
        # A preparation may have taken over between the two, and removed what the first one named.
        if manifest.read(folder).folder == found.folder:
            return _opened(folder, found, in_use)
        in_use.release()
    raise BadData(
        f"The prepared store {folder} cannot be opened.",
        remedy="Check that this user may read it.",
        code="bad-store",
        file=str(folder),
    )


def _opened(folder: Path, found: Manifest, in_use: InUse) -> Prepared:
    path = folder / found.folder / QUADS
    try:
        return Prepared(ox.Store.read_only(str(path)), path, found, in_use)
    except OSError as error:
        in_use.release()
        raise BadData(
            f"The prepared store {folder} cannot be opened: {error}",
            remedy="Check that this user may read it, or prepare it again with spacenorms prepare.",
            code="bad-store",
            file=str(folder),
        ) from None
