"""The addresses and prefixes of the graph."""

from __future__ import annotations

BASE = "https://w3id.org/spacenorms/"
ONTOLOGY = BASE + "ontology#"
IDENTIFIER = BASE + "id/"
VOCABULARY = BASE + "vocabulary/"
GRAPHS = BASE + "graph/"

#: Kinds of things that have an address of the form ``id/<kind>/<local name>``.
KINDS = (
    "act",
    "alliance",
    "ambiguity",
    "claim",
    "commitment",
    "conflict",
    "consequence",
    "count",
    "group",
    "instrument",
    "interpretation",
    "linkage",
    "membership",
    "norm",
    "organization",
    "person",
    "position",
    "prevalence",
    "potential",
    "provision",
    "recommendation",
    "resolution",
    "rollcall",
    "seat",
    "silence",
    "snapshot",
    "source",
    "state",
    "text",
)

#: Concept schemes, one file each in ``ontology/vocabulary``.
SCHEMES = (
    "action",
    "activity",
    "alliancekind",
    "bearer",
    "beneficiary",
    "concern",
    "conflicttype",
    "driver",
    "effect",
    "force",
    "lens",
    "level",
    "modality",
    "pledge",
    "polarity",
    "principle",
    "role",
    "scope",
    "side",
    "sourcekind",
    "stance",
    "standing",
    "strength",
    "subject",
    "theme",
    "tie",
    "tiekind",
    "tradition",
    "verification",
    "vote",
    "votetopic",
)

STANDARD = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
    "wgs84": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

#: Every prefix used in the Turtle and SPARQL of the repository.
PREFIXES: dict[str, str] = {
    "spn": ONTOLOGY,
    "shape": BASE + "shapes#",
    **{kind: f"{IDENTIFIER}{kind}/" for kind in KINDS},
    **{scheme: f"{VOCABULARY}{scheme}/" for scheme in SCHEMES},
    **STANDARD,
}

#: The prefixes as a SPARQL prologue.
PROLOGUE = "".join(f"PREFIX {prefix}: <{address}>\n" for prefix, address in PREFIXES.items())


def shorten(address: str) -> str:
    """Return an address in prefixed form where a prefix fits.

    Parameters
    ----------
    address : str
        An absolute IRI.

    Returns
    -------
    str
        ``prefix:local`` or the address itself.
    """
    for prefix, namespace in PREFIXES.items():
        if address.startswith(namespace) and "/" not in address[len(namespace) :]:
            return f"{prefix}:{address[len(namespace) :]}"
    return address


def local_name(address: str) -> str:
    """Return what follows the last ``/`` or ``#`` of an address."""
    return address.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
