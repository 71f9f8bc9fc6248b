"""What keeps one client from taking what all the others need too."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from api.settings import Settings, networks
from graph.errors import SpacenormsError

_CLIENTS_KEPT = 10_000
#: What nobody here reads a body of.
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


class Buckets:
    """A token bucket for each client.

    Parameters
    ----------
    rate
        Tokens that flow in, a second; 0 for no limit.
    burst
        Tokens that a bucket holds.
    clock
        Returns seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there will be one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        tokens, then = self._kept.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        missing = max(0.0, 1.0 - tokens)
        self._kept[client] = (tokens if missing else tokens - 1.0, now)
        if len(self._kept) > _CLIENTS_KEPT:
            self._kept.popitem(last=False)
        return missing / self._rate


class Limits:
    """Refuses requests that are too long, too many at once or too many a second.

    Parameters
    ----------
    settings
        The limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._unlimited = networks(settings.unlimited_clients)
        self._buckets = Buckets(settings.request_rate, settings.request_burst)
        self._running: dict[str, int] = {}
        self._name = lru_cache(maxsize=_CLIENTS_KEPT)(self._named)

    def refusal(
        self, scope: Scope, headers: Mapping[bytes, bytes], client: str | None
    ) -> SpacenormsError | None:
        """Count a request of a client, and return why it is not answered; None when it may be."""
        return self._too_long(scope, headers) or self._too_many(client)

    def admits(self, client: str | None) -> bool:
        """Count a request of a client and tell whether it may be answered; then `enter` and `leave`."""
        return self._too_many(client) is None

    def enter(self, client: str | None) -> None:
        """Note that an answer to a client begins."""
        if client is not None:
            self._running[client] = self._running.get(client, 0) + 1

    def leave(self, client: str | None) -> None:
        """Note that an answer to a client has ended."""
        if client is not None:
            left = self._running.pop(client) - 1
            if left:
                self._running[client] = left

    def client(self, scope: Scope) -> str | None:
        """Return what tells a client from others; None for one without limits."""
        return self._name(scope["client"][0] if scope.get("client") else "127.0.0.1")

    def _named(self, host: str) -> str | None:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return str(host)[:64]
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self._unlimited):
            return None
        # A subscriber is given a whole /64, so the rest of the address tells nobody apart.
        return str(address) if address.version == 4 else address.exploded[:19]

    def _too_long(self, scope: Scope, headers: Mapping[bytes, bytes]) -> SpacenormsError | None:
        most = self._settings.max_url_bytes
        if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > most:
            return SpacenormsError(
                f"The address is longer than {most:,} bytes.",
                remedy="Send a long query in the body of a POST to /sparql.",
                code="address-too-long",
                status=414,
            )
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._settings.max_body_bytes:
            return SpacenormsError(
                self._body_too_long(), remedy="Send less at once.", code="body-too-long", status=413
            )
        return None

    def _too_many(self, client: str | None) -> SpacenormsError | None:
        if client is None:
            return None
        most = self._settings.requests_per_client
        if most and self._running.get(client, 0) >= most:
            return _refusal(f"{most} requests of yours are being answered already.", 1)
        wait = self._buckets.take(client)
        if wait:
            rate = self._settings.request_rate
            return _refusal(f"You send more than {rate:g} requests a second.", math.ceil(wait))
        return None

    def counting(self, receive: Receive, scope: Scope) -> Receive:
        """Return what receives a request, and no more of it than a body may hold."""
        if scope["method"] in _WITHOUT_BODY:
            return receive
        got = 0

        async def counting() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self._settings.max_body_bytes:
                raise HTTPException(413, self._body_too_long().rstrip("."))
            return message

        return counting

    def _body_too_long(self) -> str:
        return f"The body is longer than {self._settings.max_body_bytes:,} bytes."


def _refusal(message: str, seconds: int) -> SpacenormsError:
    return SpacenormsError(
        message,
        remedy="Wait as long as Retry-After says; for all the data at once, download an export.",
        code="too-many-requests",
        status=429,
        retry_after=seconds,
    )
