"""Every fault is told as a problem that names the input and what would be right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI, Query

from api.problems import UnexpectedErrors, install
from graph.errors import SpacenormsError, UnknownName, closest, suggest

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture(scope="module")
def application() -> Iterator[FastAPI]:
    application = FastAPI()
    install(application)
    application.add_middleware(UnexpectedErrors)

    @application.get("/states/{code}")
    async def state(code: str) -> None:
        remedy = suggest(code, ["AUS", "AUT"])
        raise UnknownName(f"There is no state “{code}”.", remedy=remedy, code="unknown-state", name=code)

    @application.get("/centrality")
    async def centrality(
        measure: Literal["betweenness", "closeness"] = "closeness", limit: int = Query(10, ge=1)
    ) -> None: ...

    @application.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret of the server")

    @application.get("/busy")
    async def busy() -> None:
        raise SpacenormsError("Busy.", remedy="Wait.", code="busy", status=503, retry_after=7)

    yield application


def ask(application: FastAPI, path: str, method: str = "GET", accept: str = "*/*") -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers={"Accept": accept})

    return asyncio.run(send())


def problem(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["status"] == response.status_code
    assert told["type"].endswith(f"/problem/{told['code']}")
    assert told["title"]
    assert told["remedy"]
    return told


def test_our_own_error_keeps_its_status_code_and_extension(application: FastAPI) -> None:
    told = problem(ask(application, "/states/AUZ"))
    assert (told["status"], told["code"], told["name"]) == (404, "unknown-state", "AUZ")
    assert told["detail"] == "There is no state “AUZ”."
    assert "AUS" in told["remedy"]


def test_a_browser_gets_the_same_as_a_page(application: FastAPI) -> None:
    response = ask(application, "/states/<script>alert(1)", accept=BROWSER)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is no state" in response.text
    assert "<script>alert" not in response.text


def test_format_html_asks_for_the_page_too(application: FastAPI) -> None:
    assert "text/html" in ask(application, "/states/AUZ?format=html").headers["content-type"]
    assert "json" in ask(application, "/states/AUZ?format=json", accept=BROWSER).headers["content-type"]


def test_a_misspelt_choice_is_told_the_near_one(application: FastAPI) -> None:
    told = problem(ask(application, "/centrality?measure=betweenes&limit=0"))
    assert told["status"] == 422
    assert "“betweenes”" in told["detail"]
    assert "limit" in told["detail"]
    assert "Did you mean betweenness?" in told["remedy"]
    assert [fault["parameter"] for fault in told["errors"]] == ["measure", "limit"]


def test_an_unknown_address_is_told_the_near_one(application: FastAPI) -> None:
    told = problem(ask(application, "/centralty"))
    assert told["status"] == 404
    assert "/centralty" in told["detail"]
    assert "/centrality" in told["remedy"]


def test_a_wrong_method_is_told_the_right_ones(application: FastAPI) -> None:
    response = ask(application, "/centrality", "DELETE")
    assert problem(response)["status"] == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_an_unexpected_error_is_logged_and_keeps_its_secrets(
    application: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = ask(application, "/broken")
    assert problem(response)["status"] == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "a secret of the server" in caplog.text


def test_a_busy_server_says_when_to_come_back(application: FastAPI) -> None:
    assert ask(application, "/busy").headers["retry-after"] == "7"


def test_suggestions_are_near_or_the_whole_list() -> None:
    assert suggest("artemis", ["artemis-accords", "ilrs"]) == "Did you mean artemis-accords?"
    assert suggest("zzz", ["b", "a"]) == "Known are: a, b."
    assert suggest("zzz", [str(number) for number in range(30)]).startswith("There are 30")
    assert suggest("zzz", []) == ""
    assert closest("aus", ["AUS"]) == ["AUS"]
