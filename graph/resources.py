"""Finds the Turtle and SPARQL files, in a checkout or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def ontology_dir() -> Path:
    """Return the folder of the schema, the shapes, the vocabularies and the facts.

    Returns
    -------
    pathlib.Path
        The folder inside the wheel, or ``ontology`` of the checkout.

    Raises
    ------
    FileNotFoundError
        There is neither: the installation is broken.
    """
    return _folder("ontology")


def queries_dir() -> Path:
    """Return the folder of the saved queries, the rules, the views and the hygiene rules.

    Returns
    -------
    pathlib.Path
        The folder inside the wheel, or ``queries`` of the checkout.

    Raises
    ------
    FileNotFoundError
        There is neither: the installation is broken.
    """
    return _folder("queries")


def _folder(name: str) -> Path:
    for candidate in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"spacenorms is installed without its {name} files: install it again")
