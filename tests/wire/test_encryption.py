"""Encrypted inputs on the wire."""

from __future__ import annotations

import base64
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.kit.errors import InvalidRequest
from fairway.wire.encryption import decrypt_input, encrypt_input

SECRET = "0123456789abcdef0123456789abcdef-the rest is not the key"


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(deadline=None)
def test_what_is_sealed_opens(text: str) -> None:
    assert decrypt_input(encrypt_input(text, SECRET), SECRET) == text


def test_the_layout_is_that_of_the_contract() -> None:
    iv = os.urandom(16)
    sealed = iv + AESGCM(SECRET[:32].encode()).encrypt(iv, "pass wörd".encode(), None)
    assert decrypt_input(base64.b64encode(sealed).decode(), SECRET) == "pass wörd"
    assert len(base64.b64decode(encrypt_input("", SECRET))) == 32, "IV and tag"


def test_two_sealings_differ() -> None:
    assert encrypt_input("a", SECRET) != encrypt_input("a", SECRET)


@pytest.mark.parametrize(
    ("sealed", "told"),
    [
        ("plain text", "not base64"), ("", "shorter"), ("QUJD", "shorter"), ("A" * 64, "another client secret"),
        ("é" * 8, "not base64"),
    ],
)  # fmt: skip
def test_what_does_not_open(sealed: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        decrypt_input(sealed, SECRET)


def test_changed_texts_and_other_secrets_do_not_open() -> None:
    raw = bytearray(base64.b64decode(encrypt_input("text", SECRET)))
    raw[20] ^= 1
    with pytest.raises(InvalidRequest, match="another client secret, or changed"):
        decrypt_input(base64.b64encode(raw).decode(), SECRET)
    with pytest.raises(InvalidRequest, match="another client secret"):
        decrypt_input(encrypt_input("text", SECRET), "x" * 32)


def test_short_secrets_cannot_seal() -> None:
    for call in (encrypt_input, decrypt_input):
        with pytest.raises(InvalidRequest, match="32 are needed"):
            call("A" * 64, "short")
