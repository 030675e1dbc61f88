"""Expressions: what they see, in which order they are worked out, and what becomes of those that fail."""

from __future__ import annotations

from typing import Any

import pytest

from support.forms import Desk, action, jq

ENDLESS = "[recurse(.)] | length"
HALTING = 'error("no luck")'


def shown(form: dict[str, Any], key: str) -> dict[str, Any]:
    """One thing about each input."""
    return {name: found[key] for name, found in form["inputs"].items()}


async def test_defaults_are_worked_out_in_the_order_in_which_they_read_one_another(desk: Desk) -> None:
    made = action(
        {
            "url": {"type": "string", "default": jq('"https://" + .form.host + "/"')},
            "host": {"type": "string", "default": jq('.form."name" + "." + .form["zone"]')},
            "name": {"type": "string"},
            "zone": {"type": "string", "default": "example.com"},
            "all": {"type": "string", "default": jq('.form | [.url, .name] | join(" ")')},
        }
    )
    form = await desk.resolve(made, name="shop")
    assert form["inputs"]["url"]["value"] == "https://shop.example.com/"
    assert form["inputs"]["all"]["value"] == "https://shop.example.com/ shop"
    assert shown(form, "given") == {"url": False, "host": False, "name": True, "zone": False, "all": False}
    assert shown(form, "problems") == {name: [] for name in made.inputs}
    checked = await desk.check(made, name="shop", host="h")
    assert checked.raw["url"] == "https://h/"
    assert checked.raw == checked.shown == checked.inputs


async def test_a_circle_is_cut_and_told_until_one_of_it_is_given(desk: Desk) -> None:
    made = action(
        {
            "a": {"type": "string", "default": jq('(.form.b // "?") + "a"')},
            "b": {"type": "string", "default": jq('(.form.a // "?") + "b"')},
        }
    )
    form = await desk.resolve(made)
    (problem,) = [problem for found in form["inputs"].values() for problem in found["problems"]]
    assert problem["key"] == "default"
    assert problem["message"] == 'it depends on itself: "b" -> "a" -> "b"; "a" counted as empty'
    assert shown(form, "value") == {"a": "?ba", "b": "?b"}
    form = await desk.resolve(made, a="x")
    assert shown(form, "value") == {"a": "x", "b": "xb"}
    assert shown(form, "problems") == {"a": [], "b": []}


async def test_depends_on_orders_defaults_and_makes_wait(desk: Desk) -> None:
    made = action(
        {
            "last": {"type": "string", "default": jq('.form as $form | $form.first + "!"'), "dependsOn": ["first"]},
            "first": {"type": "string", "default": jq('"1"')},
            "later": {"type": "string", "dependsOn": ["open"]},
            "open": {"type": "string"},
            "free": {"type": "string", "dependsOn": ["hidden"]},
            "hidden": {"type": "string", "visible": False},
        }
    )
    form = await desk.resolve(made)
    assert form["inputs"]["last"]["value"] == "1!"
    assert shown(form, "waitsFor") == {
        "last": [], "first": [], "later": ["open"], "open": [], "free": [], "hidden": [],
    }  # fmt: skip
    assert form["inputs"]["later"]["disabled"]
    assert not form["inputs"]["free"]["disabled"]
    assert not (await desk.resolve(made, open="x"))["inputs"]["later"]["disabled"]


async def test_options_limits_and_patterns_follow_other_inputs(desk: Desk) -> None:
    versions = jq('if .form.language == "python" then ["3.11", "3.12"] else ["20", "22"] end')
    made = action(
        {
            "language": {"type": "string", "enum": ["python", "node"]},
            "version": {"type": "string", "enum": versions, "dependsOn": ["language"]},
            "versions": {"type": "array", "items": {"type": "string", "enum": versions}, "minItems": jq("1"),
                         "maxItems": jq('if .form.language == "python" then 1 else null end')},
            "name": {"type": "string", "pattern": jq('"^" + .form.language + "-"')},
        }
    )  # fmt: skip
    form = await desk.resolve(made, language="python", version="20")
    assert form["inputs"]["version"]["enum"] == ["3.11", "3.12"]
    assert form["inputs"]["versions"]["items"] == {"type": "string", "enum": ["3.11", "3.12"]}
    assert form["errors"]["version"][0]["expected"] == 'one of "3.11", "3.12"'
    assert "versions" not in form["errors"]
    good = {"language": "python", "version": "3.11", "versions": ["3.12"], "name": "python-x"}
    assert (await desk.check(made, **good)).raw == good
    errors = await desk.refused(made, **{**good, "language": "node"})
    assert [error["input"] for error in errors] == ["version", "versions", "name"]
    errors = await desk.refused(made, **{**good, "versions": ["3.11", "3.12"]})
    assert [error["expected"] for error in errors] == ["an array of at most 1 items"]


async def test_what_cannot_be_worked_out_is_told_and_refused_only_where_it_matters(desk: Desk) -> None:
    made = action(
        {
            "enum": {"type": "string", "enum": jq(HALTING)},
            "empty": {"type": "string", "enum": jq("null")},
            "pattern": {"type": "string", "pattern": jq("[1]")},
            "count": {"type": "array", "minItems": jq('"many"')},
            "visible": {"type": "string", "visible": jq(HALTING)},
            "default": {"type": "string", "default": jq(HALTING)},
            "syntax": {"type": "string", "enum": jq("][")},
        },
        required=["default"],
    )
    form = await desk.resolve(made, enum="a")
    assert {name: [each["key"] for each in problems] for name, problems in shown(form, "problems").items()} == {
        "enum": ["enum"], "empty": ["enum"], "pattern": ["pattern"], "count": ["minItems"], "visible": ["visible"],
        "default": ["default"], "syntax": ["enum"],
    }  # fmt: skip
    assert "no luck" in form["inputs"]["enum"]["problems"][0]["message"]
    assert form["inputs"]["empty"]["problems"][0]["message"] == "it gave null, where an array of values is needed"
    assert form["inputs"]["visible"]["visible"]
    assert list(form["errors"]) == ["enum"]
    (error,) = await desk.refused(made, visible="x")
    assert (error["input"], "no luck" in error["message"]) == ("default", True)
    assert (await desk.check(made, visible="x", default="y")).raw == {"visible": "x", "default": "y"}
    errors = await desk.refused(made, enum="a", empty="a", pattern="a", count=["a"], syntax="a", default="y")
    assert [error["input"] for error in errors] == ["enum", "empty", "pattern", "count", "syntax"]


async def test_endless_expressions_cost_little_and_stop_the_rest(desk: Desk) -> None:
    made = action({f"x{number}": {"type": "string", "visible": jq(f"{ENDLESS} + {number}")} for number in range(50)})
    form = await desk.resolve(made)
    messages = [found["problems"][0]["message"] for found in form["inputs"].values()]
    assert sum("other expressions of this form take too long" in message for message in messages) >= 48


async def test_results_that_cannot_be_stored_are_problems(desk: Desk) -> None:
    deep = "reduce range(300) as $i (0; [.])"
    made = action({"a": {"type": "string", "default": jq('"a\\u0000b"')}, "b": {"type": "array", "default": jq(deep)}})
    form = await desk.resolve(made)
    assert [problems[0]["key"] for problems in shown(form, "problems").values()] == ["default", "default"]
    assert (await desk.check(made)).raw == {}


async def test_required_by_expression_binds_what_can_be_filled_in(desk: Desk) -> None:
    made = action(
        {
            "kind": {"type": "string"},
            "seen": {"type": "string"},
            "hidden": {"type": "string", "visible": jq('.form.kind == "full"')},
            "locked": {"type": "string", "disabled": jq("true")},
        },
        required=jq('if .form.kind then ["seen", "hidden", "locked", "unknown"] else ["kind"] end'),
    )
    assert (await desk.resolve(made))["missing"] == ["kind"]
    form = await desk.resolve(made, kind="small")
    assert form["missing"] == ["seen"]
    assert shown(form, "required") == {"kind": False, "seen": True, "hidden": True, "locked": True}
    assert shown(form, "visible") == {"kind": True, "seen": True, "hidden": False, "locked": True}
    assert [error["input"] for error in await desk.refused(made, kind="full")] == ["seen", "hidden"]
    assert (await desk.check(made, kind="small", seen="x", hidden="kept")).raw["hidden"] == "kept"
    broken = action({"a": {"type": "string"}}, required=jq(HALTING))
    (error,) = await desk.refused(broken, a="x")
    assert "no luck" in error["message"]
    assert (await desk.resolve(broken))["problems"][0]["key"] == "required"
    odd = action({"a": {"type": "string"}}, required=jq("true"))
    assert "an array of input identifiers" in (await desk.refused(odd))[0]["message"]


async def test_a_hidden_default_counts_when_it_fits_and_is_left_out_when_not(desk: Desk) -> None:
    versions = jq('if .form.language == "python" then ["3.11"] else [] end')
    made = action(
        {
            "language": {"type": "string"},
            "version": {"type": "string", "default": "3.11", "enum": versions,
                        "visible": jq('.form.language == "python"')},
            "marker": {"type": "string", "default": "m", "visible": False},
        },
        required=["version"],
    )  # fmt: skip
    assert (await desk.check(made, language="python")).raw == {
        "language": "python", "version": "3.11", "marker": "m",
    }  # fmt: skip
    assert (await desk.check(made, language="node")).raw == {"language": "node", "marker": "m"}
    form = await desk.resolve(made, language="node")
    assert "left out while the input is hidden" in form["inputs"]["version"]["problems"][0]["message"]
    assert [error["input"] for error in await desk.refused(made, language="node", version="3.11")] == ["version"]


async def test_steps_hide_what_is_in_them_and_the_rest_comes_last(desk: Desk) -> None:
    made = action(
        {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}, "d": {"type": "string"}},
        required=["b"],
        steps=[
            {"title": "First", "order": ["c", "head"]},
            {"title": "Second", "order": ["b"], "visible": jq(".form.c != null")},
        ],
        titles={"head": {"title": "Heading", "visible": jq("false")}},
    )
    form = await desk.resolve(made)
    assert form["order"] == ["c", "b", "a", "d"]
    assert [(step["title"], step["visible"]) for step in form["steps"]] == [
        ("First", True), ("Second", False), (None, True),
    ]  # fmt: skip
    assert form["steps"][0]["items"] == [
        {"kind": "input", "identifier": "c"},
        {"kind": "title", "identifier": "head", "title": "Heading", "visible": False},
    ]
    assert not form["inputs"]["b"]["visible"]
    assert (await desk.check(made)).raw == {}
    assert [error["input"] for error in await desk.refused(made, c="x")] == ["b"]
    ordered = action({"a": {"type": "string"}, "b": {"type": "string"}}, order=["b"])
    assert (await desk.resolve(ordered))["order"] == ["b", "a"]


@pytest.mark.usefixtures("catalog")
async def test_the_entity_and_the_user_are_seen(desk: Desk) -> None:
    made = action(
        {
            "tier": {"type": "string", "default": jq(".entity.properties.tier")},
            "tags": {"type": "array", "default": jq(".entity.properties.tags")},
            "domain": {"type": "string", "format": "entity", "blueprint": "domain",
                       "default": jq(".entity.relations.domain")},
            "mine": {"type": "string", "default": jq('.user.email + " " + (.user.teamsIdentifiers | join(","))')},
            "advanced": {"type": "string", "visible": jq('.user.roles | any(.name == "Admin")')},
            "who": {"type": "string", "default": jq(".user.mainRole")},
        },
        operation="DAY-2",
        blueprintIdentifier="service",
    )  # fmt: skip
    entity = await desk.entity("svc-a")
    jo = desk.member(email="admin@example.com")
    form = await jo.resolve(made, entity)
    assert shown(form, "value") == {
        "tier": "gold", "tags": ["x", "y"], "domain": "payments", "mine": "admin@example.com ", "advanced": None,
        "who": "Member",
    }  # fmt: skip
    assert (form["entity"], form["blueprint"], form["operation"]) == ("svc-a", "service", "DAY-2")
    assert not form["inputs"]["advanced"]["visible"]
    assert (await desk.resolve(made, entity))["inputs"]["advanced"]["visible"]
    assert form["inputs"]["domain"]["entities"] == [
        {"identifier": "payments", "title": "Payments", "blueprint": "domain"}
    ]
