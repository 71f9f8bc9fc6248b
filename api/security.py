"""The security headers that stand on every answer."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from starlette.types import Scope

from api.heads import lines_of

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_SECRET, _COUNT = secrets.token_bytes(32), itertools.count()
_POLICY = b"content-security-policy"

# What a browser may draw has scripts and styles; what it shows as data, or hands to a program, has none.
_SHOWN = re.compile(rb"text/html|application/xhtml|image/svg|text/css|text/javascript", re.IGNORECASE)
_FOR_DATA = (
    b"default-src 'self'; script-src 'none'; style-src 'self'; object-src 'none'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
#: The headers of an answer that is shown as data, and their lines.
OF_DATA = (*_HEADERS, (_POLICY, _FOR_DATA))
LINES = lines_of(OF_DATA)
_NAMES = frozenset(name for name, _ in OF_DATA)


def content_security_policy(nonce: str, *, inline_styles: bool = False) -> str:
    """Return a policy under which a page loads from this server alone.

    Parameters
    ----------
    nonce
        The word that marks the scripts and styles written into the page, as `nonce` gives it.
    inline_styles
        Whether scripts may add style elements of their own, as some drawing libraries must.
    """
    styles = "'unsafe-inline'" if inline_styles else f"'nonce-{nonce}'"
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' {styles}; "
        "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    )


def nonce(scope: Scope) -> str:
    """Return the word that marks the scripts and styles written into the answer to a request."""
    state: dict[str, str] = scope.setdefault("state", {})
    if "nonce" not in state:
        state["nonce"] = _nonce()
    return state["nonce"]


def _nonce() -> str:
    """Return a word that nobody can foretell."""
    return blake2b(next(_COUNT).to_bytes(8, "big"), key=_SECRET, digest_size=16).hexdigest()


def added(headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers that an answer lacks; one that it has already is its own affair.

    Parameters
    ----------
    headers
        Those of the answer.
    scope
        The request.
    """
    given = dict(headers)
    is_shown = _POLICY not in given and _SHOWN.match(given.get(b"content-type", b"")) is not None
    if not is_shown and given.keys().isdisjoint(_NAMES):
        return OF_DATA
    lacking = [pair for pair in _HEADERS if pair[0] not in given]
    if _POLICY not in given:
        policy = content_security_policy(nonce(scope)).encode() if is_shown else _FOR_DATA
        lacking.append((_POLICY, policy))
    return lacking
