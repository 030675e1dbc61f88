"""Encrypted inputs: sealed, masked, and never given back (contract 6.4)."""

from __future__ import annotations

from typing import Any

from fairway.kit.jsonio import dumps_text
from fairway.wire.encryption import decrypt_input
from support.forms import Desk, action, jq

SECRET = "s" * 64
"""Of the fixture's credentials, whose secret signs and seals (contract 15.11)."""
TOKEN = {"type": "string", "encryption": "aes256-gcm"}


async def test_values_are_sealed_after_they_were_checked(desk: Desk) -> None:
    made = action(
        {
            "token": {**TOKEN, "minLength": 4},
            "settings": {"type": "object", "encryption": "aes256-gcm", "required": ["a"]},
            "filled": {**TOKEN, "default": "preset"},
            "empty": TOKEN,
            "theirs": {"type": "string", "encryption": {"algorithm": "client-side", "key": "k"}},
            "name": {"type": "string"},
        }
    )
    given = {"token": "hunter2", "settings": {"a": [1, "ü"]}, "theirs": "c2VhbGVk", "name": "x", "empty": None}
    checked = await desk.check(made, **given)
    assert checked.encrypted == ("token", "settings", "filled")
    assert decrypt_input(checked.raw["token"], SECRET) == "hunter2"
    assert decrypt_input(checked.raw["settings"], SECRET) == '{"a":[1,"ü"]}'
    assert decrypt_input(checked.raw["filled"], SECRET) == "preset"
    assert checked.inputs == checked.raw
    assert checked.shown == {
        "token": "***", "settings": "***", "filled": "***", "empty": None, "theirs": "c2VhbGVk", "name": "x",
    }  # fmt: skip
    assert checked.raw["theirs"] == "c2VhbGVk"


async def test_what_is_wrong_with_a_secret_is_told_without_it(desk: Desk) -> None:
    made = action(
        {"token": {**TOKEN, "pattern": "^[0-9]+$", "enum": ["1", "2"]}, "settings": {**TOKEN, "type": "object"}}
    )
    errors = await desk.refused(made, token="hunter2", settings="hunter2")
    assert {error["input"] for error in errors} == {"token", "settings"}
    assert "hunter2" not in dumps_text(errors)
    form = await desk.resolve(made, token="hunter2", settings={"password": "hunter2"})
    assert "hunter2" not in dumps_text(form)


async def test_a_form_never_gives_a_secret_back(desk: Desk) -> None:
    made = action(
        {
            "token": {**TOKEN, "default": jq('"hunter" + "2"')},
            "other": {**TOKEN, "default": "hunter2"},
            "copy": {"type": "string", "default": jq(".form.token")},
            "seen": {"type": "string", "visible": jq(".form.token != null")},
            "loud": {"type": "string", "enum": jq("error(.form.other)")},
        }
    )
    for form in (await desk.resolve(made), await desk.resolve(made, token="hunter2", other="hunter2")):
        assert "hunter2" not in dumps_text({name: each for name, each in form["inputs"].items() if name != "token"})
        token = form["inputs"]["token"]
        assert (token["value"], token["default"]) == (None, None)
        assert form["inputs"]["copy"]["value"] == "***"
        assert form["inputs"]["seen"]["visible"]
    checked = await desk.check(made, token="hunter2")
    assert checked.raw["copy"] == "***"


async def test_a_sealed_value_of_an_earlier_run_is_taken_as_it_is(desk: Desk) -> None:
    made = action({"token": {**TOKEN, "maxLength": 8}, "name": {"type": "string"}}, required=["token"])
    first = await desk.check(made, token="hunter2", name="x")
    assert [error["input"] for error in await desk.refused(made, **first.raw)] == ["token"]
    again = await _check_sealed(desk, made, first.raw, first.encrypted)
    assert again == first
    for value in ("hunter2", "", 5, first.raw["token"][:-8]):
        (error,) = await _refused_sealed(desk, made, {**first.raw, "token": value}, first.encrypted)
        assert error["input"] == "token"
        assert "cannot be used again" in error["message"]
        assert "hunter2" not in error["message"]
    plain = action({"token": {"type": "string"}, "name": {"type": "string"}})
    (error,) = await _refused_sealed(desk, plain, dict(first.raw), first.encrypted)
    assert "was encrypted in an earlier run and is not any more" in error["message"]


async def test_an_encryption_that_is_not_offered_takes_nothing(desk: Desk) -> None:
    made = action({"token": {"type": "string", "encryption": "fernet"}})
    (error,) = await desk.refused(made, token="hunter2")
    assert '"fernet", which is not offered' in error["message"]


async def _check_sealed(desk: Desk, made: Any, inputs: Any, sealed: tuple[str, ...]) -> Any:
    return await desk.forms.check(desk.caller, made, inputs, None, sealed=frozenset(sealed))


async def _refused_sealed(desk: Desk, made: Any, inputs: Any, sealed: tuple[str, ...]) -> list[dict[str, Any]]:
    from fairway.kit.errors import InvalidRequest

    try:
        await _check_sealed(desk, made, inputs, sealed)
    except InvalidRequest as error:
        return list((error.details or {})["errors"])
    raise AssertionError("taken")
