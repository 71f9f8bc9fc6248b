"""Every setting is documented as it is, and every documented setting exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import PREFIX, Settings, networks, read
from graph.errors import BadValue

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the tests run outside a checkout")
SETTINGS = Settings.model_fields


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
    assert field.description is not None
    assert field.description in told


@pytest.mark.parametrize("page", sorted(PAGE.parent.glob("*.md")), ids=lambda page: page.name)
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named <= {PREFIX + name.upper() for name in SETTINGS}


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACENORMS_QUERY_TIME_LIMIT", "30")
    monkeypatch.setenv("SPACENORMS_METRICS", "off")
    assert (read().query_time_limit, read().metrics) == (30, "off")


def test_a_misspelt_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACENORMS_REQUEST_RATES", "5")
    with pytest.raises(BadValue, match="Did you mean SPACENORMS_REQUEST_RATE"):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKERS", "many"), ("WORKERS", "0"), ("TRUSTED_PROXIES", "*"), ("UNLIMITED_CLIENTS", "10.0.0.0/99")],
)
def test_a_value_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(BadValue, match=PREFIX + name):
        read()


def test_a_running_server_cannot_change_its_settings() -> None:
    with pytest.raises(ValidationError):
        Settings().workers = 100  # type: ignore[misc]


def test_networks_are_addresses_with_commas_between() -> None:
    assert [str(each) for each in networks("10.0.0.0/8, ::1,")] == ["10.0.0.0/8", "::1/128"]
    assert networks("") == []
