"""Writes the description of a thing, of the ontology or of the data set as RDF."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graph.namespaces import PREFIXES

#: The forms of RDF that a description is written in, by media type.
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}


def write_rdf(triples: Iterable[ox.Triple], media_type: str) -> bytes:
    """Write triples in an RDF format, in a stable order.

    Parameters
    ----------
    triples
        What to write.
    media_type
        One of `FORMATS`.

    Returns
    -------
    bytes
        UTF-8; prefixed names where the format has them.
    """
    ordered = sorted(triples, key=str)
    used = "\n".join(str(triple) for triple in ordered)
    prefixes = {prefix: address for prefix, address in PREFIXES.items() if address in used}
    written = ox.serialize(ordered, format=FORMATS[media_type], prefixes=prefixes)
    return written or b""
