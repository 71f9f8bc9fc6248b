"""Finds the Turtle and SPARQL files, in a checkout or in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def ontology_dir() -> Path:
    """Return the folder of the schema, the shapes, the vocabularies and the facts.

    Returns:
        The folder inside the wheel, or the checkout's ``ontology`` folder when the package
        runs from a checkout.

    Raises:
        FileNotFoundError: neither folder exists (a broken installation).
    """
    return _folder("ontology")


def queries_dir() -> Path:
    """Return the folder of the saved queries, the rules, the views and the hygiene rules.

    Returns:
        The folder inside the wheel, or the checkout's ``queries`` folder when the package
        runs from a checkout.

    Raises:
        FileNotFoundError: neither folder exists (a broken installation).
    """
    return _folder("queries")


def _folder(name: str) -> Path:
    for candidate in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"spacenorms is installed without its {name} files: install it again")
