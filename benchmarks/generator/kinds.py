"""The kinds of generated instruments, and how many states become parties to them."""

from __future__ import annotations

Pairs = list[tuple[str, str]]

#: Kinds of instruments in turn: class, whether it binds, whether states become parties to it.
KINDS = (
    ("Treaty", True, True),
    ("NationalLaw", True, False),
    ("Resolution", False, False),
    ("Treaty", True, True),
    ("PoliticalCommitment", False, False),
    ("NationalLaw", True, False),
    ("ConstitutiveTreaty", True, True),
    ("Guidelines", False, False),
    ("NationalLaw", True, False),
    ("IntergovernmentalAgreement", True, True),
)
#: Parties to treaties in turn: few have nearly all states, many have some.
PARTIES = (190, 60, 20, 110, 35, 8, 80, 150, 15, 45)
FORCES = {
    "NationalLaw": "national-law",
    "Resolution": "soft-law",
    "Guidelines": "soft-law",
    "PoliticalCommitment": "political-commitment",
}
