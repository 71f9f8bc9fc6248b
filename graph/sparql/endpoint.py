"""The address of another SPARQL server, and how to be let in there."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from graph.errors import BadValue

_REMEDY = "Give the address of its query service, such as http://127.0.0.1:7878/query."


@dataclass(frozen=True)
class Endpoint:
    """The query service of a SPARQL 1.1 server that holds the exported graph.

    Attributes
    ----------
    address : str
        Its URL, ``http`` or ``https``. A name and a password in it are moved to `user` and `password`.
    user, password : str
        For HTTP Basic authentication; empty for none.
    token : str
        A bearer token; empty for none. Neither this nor the password is shown by ``repr``.
    engine : str
        Name of a dialect (`graph.sparql.dialects`); ``auto`` follows what the server says it is.
    time_limit : float
        Seconds for which the answer of one query is waited for.
    max_bytes : int
        The longest answer that is taken, in bytes.

    Raises
    ------
    BadValue
        The address is no URL of a web server, or both a password and a token are given.
    """

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    engine: str = "auto"
    time_limit: float = 60.0
    max_bytes: int = 256 * 2**20

    def __post_init__(self) -> None:
        parts, user, password = _split(self.address)
        if user:
            object.__setattr__(self, "address", parts)
            object.__setattr__(self, "user", self.user or user)
            object.__setattr__(self, "password", self.password or password)
        if self.token and self.user:
            raise BadValue(
                "The other SPARQL server is given both a user and a token.",
                remedy="Set SPACENORMS_ENDPOINT_USER with SPACENORMS_ENDPOINT_PASSWORD, or "
                "SPACENORMS_ENDPOINT_TOKEN.",
            )

    @property
    def authorization(self) -> str:
        """The value of the header Authorization; empty where none is needed."""
        if self.token:
            return f"Bearer {self.token}"
        if self.user:
            pair = f"{self.user}:{self.password}".encode()
            return f"Basic {base64.b64encode(pair).decode('ascii')}"
        return ""


def _split(address: str) -> tuple[str, str, str]:
    """Return an address without a name and a password, and these."""
    shown = address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname)
        port = parts.port
    except ValueError:
        is_right = False
    if not is_right:
        raise BadValue(f"“{shown}” is no address of a SPARQL server.", remedy=_REMEDY, code="bad-endpoint")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    bare = urlunsplit(parts._replace(netloc=host if port is None else f"{host}:{port}"))
    return bare, unquote(parts.username or ""), unquote(parts.password or "")
