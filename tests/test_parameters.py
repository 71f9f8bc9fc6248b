"""Parameters are read from an address as the standard library reads them."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.parameters import names, pairs

RAW = st.sampled_from([*map(chr, range(0x20, 0x7F)), "%41", "%3d", "%0A", "%E2%82%AC", "%FF", "&", "="])
PARTS = st.lists(RAW, max_size=12).map("".join)


@given(PARTS)
def test_whatever_stands_in_an_address_is_read_as_ever(text: str) -> None:
    assert pairs(text.encode()) == parse_qsl(text, keep_blank_values=True)


@given(st.lists(st.tuples(st.text(), st.text())))
def test_what_was_encoded_is_decoded(given: list[tuple[str, str]]) -> None:
    sent = [(name, value) for name, value in given if name.isprintable() and value.isprintable()]
    assert pairs(urlencode(sent, quote_via=quote_plus).encode()) == sent
    assert not sent or names(urlencode(sent).encode()) == {name for name, _ in sent}


@pytest.mark.parametrize(
    "text", ["a=%", "a=%4", "a=%zz=1", "a=%%41", "a==%3D=", "=", "a=\r\n b", "a=%0D%0A%20"]
)
def test_what_is_no_escape_stays(text: str) -> None:
    assert pairs(text.encode()) == parse_qsl(text, keep_blank_values=True)
