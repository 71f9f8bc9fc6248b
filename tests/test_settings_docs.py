"""Every setting is documented as it is, and every documented setting exists."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from api.settings import FIELDS, PREFIX, Settings, networks, read
from graph.errors import BadValue

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the tests run outside a checkout")
SETTINGS = {field.name: field for field in FIELDS}


def documented() -> dict[str, str]:
    """Return what the page says of each setting: the text below its heading."""
    parts = re.split(r"^### `(\w+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_documented_settings_are_those_there_are() -> None:
    assert set(documented()) == {PREFIX + name.upper() for name in SETTINGS}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_documented_with_its_default_and_meaning(name: str) -> None:
    told = documented()[PREFIX + name.upper()]
    field = SETTINGS[name]
    assert f"Default: `{field.default}`" in told
    assert field.metadata["description"]
    assert field.metadata["description"] in told


@pytest.mark.parametrize("page", sorted(PAGE.parent.glob("*.md")), ids=lambda page: page.name)
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named <= {PREFIX + name.upper() for name in SETTINGS}


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACENORMS_QUERY_TIME_LIMIT", "30")
    monkeypatch.setenv("SPACENORMS_METRICS", "off")
    monkeypatch.setenv("spacenorms_log_requests", "No")
    assert (read().query_time_limit, read().metrics, read().log_requests) == (30, "off", False)


def test_a_misspelt_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACENORMS_REQUEST_RATES", "5")
    with pytest.raises(BadValue, match="Did you mean SPACENORMS_REQUEST_RATE"):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "many"),
        ("WORKERS", "0"),
        ("WORKERS", "2.5"),
        ("WORKERS", "257"),
        ("QUERY_TIME_LIMIT", "0"),
        ("QUERY_TIME_LIMIT", "nan"),
        ("METRICS", "everyone"),
        ("LOG_REQUESTS", "perhaps"),
        ("TRUSTED_PROXIES", "*"),
        ("UNLIMITED_CLIENTS", "10.0.0.0/99"),
    ],
)
def test_a_value_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(BadValue, match=PREFIX + name):
        read()


def test_a_running_server_cannot_change_its_settings() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().workers = 100  # type: ignore[misc]


def test_networks_are_addresses_with_commas_between() -> None:
    assert [str(each) for each in networks("10.0.0.0/8, ::1,")] == ["10.0.0.0/8", "::1/128"]
    assert networks("") == []
