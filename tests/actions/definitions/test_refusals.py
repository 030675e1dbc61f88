"""What an action may not hold: every refusal names its place and what would be right."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition import read_definition
from support.actions import ENRICH, automation, kafka, self_service

IN = "trigger.userInputs.properties"


def _document(**changes: Any) -> dict[str, Any]:
    return {**self_service(), **changes}


def _method(kind: str, **keys: Any) -> dict[str, Any]:
    return _document(invocationMethod={"type": kind, **keys})


def _inputs(**inputs: Any) -> dict[str, Any]:
    return self_service(inputs=inputs)


def _form(**user_inputs: Any) -> dict[str, Any]:
    return self_service(inputs={"env": {"type": "string"}, "size": {"type": "number"}}, userInputs=user_inputs)


def _without(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}


def _deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"x": value}
    return value


HOOK = {"url": "https://x.io"}
UPSERT = {"blueprintIdentifier": "service", "mapping": {}}
DISPATCH = {
    "installationId": "a",
    "integrationActionType": "dispatch_workflow",
    "integrationActionExecutionProperties": {},
}
SEARCH = {"type": "SEARCH", "combinator": "and", "rules": []}
QUERY = {"combinator": "and", "rules": [{"property": "tier", "operator": "=", "value": "gold"}]}

DOCUMENTS: list[tuple[dict[str, Any], str]] = [
    (_without(ENRICH, "identifier"), "identifier is required"),
    (_without(ENRICH, "trigger"), "trigger is required"),
    (_without(ENRICH, "invocationMethod"), "invocationMethod is required"),
    (_document(identifier="runs"), '"runs"'),
    (_document(identifier=7), "identifier must be a string"),
    (_document(identifier=""), "identifier"),
    (_document(identifier="a b"), 'identifier "a b"'),
    (_document(identifier="a/b"), 'identifier "a/b"'),
    (_document(identifier="a\\b"), "identifier"),
    (_document(identifier="a\n"), "identifier"),
    (_document(identifier=".."), 'identifier ".."'),
    (_document(identifier="x" * 251), "250"),
    (_document(title=3), "title must be a string"),
    (_document(icon=[]), "icon must be a string"),
    (_document(publish="yes"), "publish must be a boolean"),
    (_document(allowAnyoneToViewRuns="yes"), "allowAnyoneToViewRuns must be a boolean"),
    (_document(userInputs={}), "userInputs is not known here"),
    (_document(blueprint="service"), "blueprint is not known here"),
    (_document(trigger="CREATE"), "trigger must be an object"),
    (_document(invocationMethod=kafka(x=_deep(70))), "levels deep"),
    (_document(description="x" * 600_000), "bytes as JSON"),
    (_document(requiredApproval="ANY"), "requiredApproval must be a boolean or an object"),
    (_document(requiredApproval={}), "requiredApproval.type is required"),
    (_document(requiredApproval={"type": "SOME"}), 'requiredApproval.type must be "ANY" or "ALL"'),
    (_document(requiredApproval={"type": "ANY", "quorum": 0}), "requiredApproval.quorum"),
    (_document(requiredApproval={"type": "ANY", "quorum": True}), "requiredApproval.quorum"),
    (_document(requiredApproval={"type": "ANY", "quorum": 1.5}), "requiredApproval.quorum"),
    (_document(requiredApproval={"type": "ALL", "quorum": 2}), "requiredApproval.quorum"),
    (_document(requiredApproval={"type": "ANY", "expiresInSeconds": -1}), "requiredApproval.expiresInSeconds"),
    (_document(requiredApproval={"type": "ANY", "allowSelfApproval": 1}), "requiredApproval.allowSelfApproval"),
    (_document(requiredApproval={"type": "ANY", "count": 2}), "requiredApproval.count is not known"),
    (_document(approvalNotification={}), "approvalNotification.type is required"),
    (_document(approvalNotification={"type": "email", "url": "https://x.io"}), "approvalNotification.url"),
    (_document(approvalNotification={"type": "webhook"}), "approvalNotification.url is required"),
    (_document(approvalNotification={"type": "webhook", "url": "ftp://x"}), "http or https"),
    (_document(approvalNotification={"type": "webhook", **HOOK, "format": "xml"}), "approvalNotification.format"),
]
TRIGGERS: list[tuple[dict[str, Any], str]] = [
    (self_service(type="manual"), 'trigger.type must be "self-service" or "automation"'),
    (self_service(operation="UPDATE"), "trigger.operation"),
    (self_service(operation=None), "trigger.operation is required"),
    (self_service(blueprintIdentifier=7), "trigger.blueprintIdentifier"),
    (self_service(actionCardButtonText=""), "trigger.actionCardButtonText"),
    (self_service(executeActionButtonText="x" * 16), "trigger.executeActionButtonText"),
    (self_service(executeActionButtonText=" go"), "trigger.executeActionButtonText"),
    (self_service(event={}), "trigger.event is not known here"),
    (self_service(condition=SEARCH, blueprintIdentifier="service"), "trigger.condition"),
    (self_service(operation="DAY-2", condition=SEARCH), "trigger.blueprintIdentifier is required"),
    (
        self_service(operation="DAY-2", blueprintIdentifier="service", condition=QUERY),
        "trigger.condition.type is required",
    ),
    (
        self_service(operation="DAY-2", blueprintIdentifier="service", condition={**SEARCH, "rules": [{}]}),
        "trigger.condition.rules[0]",
    ),
    (automation(type="ENTITY_TOUCHED"), "trigger.event.type"),
    (automation(type="ENTITY_CREATED"), "trigger.event.blueprintIdentifier is required"),
    (automation(type="RUN_CREATED"), "trigger.event.actionIdentifier is required"),
    (
        automation(type="RUN_CREATED", actionIdentifier="a", blueprintIdentifier="b"),
        "trigger.event.blueprintIdentifier",
    ),
    (automation(type="TIMER_PROPERTY_EXPIRED", blueprintIdentifier="service"), "trigger.event.propertyIdentifier"),
    (automation("a", {"expressions": []}), "trigger.condition.type is required"),
    (automation("a", {"type": "JQ"}), "trigger.condition.expressions is required"),
    (automation("a", {"type": "JQ", "expressions": [7]}), "trigger.condition.expressions[0]"),
    (automation("a", {"type": "JQ", "expressions": [" "]}), "trigger.condition.expressions[0]"),
    (automation("a", {"type": "JQ", "expressions": [], "combinator": "xor"}), "trigger.condition.combinator"),
    (automation("a", {"type": "SEARCH", "expressions": []}), "trigger.condition.type"),
]
INPUTS: list[tuple[dict[str, Any], str]] = [
    (self_service(userInputs={"properties": []}), "trigger.userInputs.properties must be an object"),
    (self_service(userInputs={"fields": {}}), "trigger.userInputs.fields is not known"),
    (_inputs(**{"a b": {"type": "string"}}), '"a b" is not a valid name'),
    (_inputs(env=7), f"{IN}.env must be an object"),
    (_inputs(env={}), f"{IN}.env.type is required"),
    (_inputs(env={"type": "text"}), f"{IN}.env.type must be"),
    (_inputs(env={"type": "string", "enums": []}), f"{IN}.env.enums is not known"),
    (_inputs(env={"type": "string", "title": 7}), f"{IN}.env.title"),
    (_inputs(env={"type": "string", "format": "labeled-url"}), f"{IN}.env.format"),
    (_inputs(env={"type": "object", "format": "url"}), f"{IN}.env.format"),
    (_inputs(env={"type": "number", "format": "url"}), f"{IN}.env.format"),
    (_inputs(env={"type": "array", "format": "entity"}), "items.format"),
    (_inputs(env={"type": "string", "format": "entity"}), f"{IN}.env.blueprint is required"),
    (_inputs(env={"type": "array", "items": {"format": "entity"}}), f"{IN}.env.items.blueprint is required"),
    (_inputs(env={"type": "array", "items": {"format": "nothing"}}), f"{IN}.env.items.format"),
    (_inputs(env={"type": "array", "items": {"kind": "x"}}), f"{IN}.env.items.kind is not known"),
    (_inputs(env={"type": "string", "items": {}}), f"{IN}.env.items"),
    (_inputs(env={"type": "string", "enum": "a"}), f"{IN}.env.enum"),
    (_inputs(env={"type": "string", "enum": []}), f"{IN}.env.enum"),
    (_inputs(env={"type": "string", "enum": ["a", 7]}), f"{IN}.env.enum[1]"),
    (_inputs(env={"type": "number", "enum": [1, True]}), f"{IN}.env.enum[1]"),
    (_inputs(env={"type": "array", "items": {"enum": [1]}}), f"{IN}.env.items.enum[0]"),
    (_inputs(env={"type": "string", "enumColors": {"a": "mauve"}}), f"{IN}.env.enumColors.a"),
    (_inputs(env={"type": "string", "enum": ["a"], "default": "b"}), f"{IN}.env.default"),
    (_inputs(env={"type": "number", "default": "b"}), f"{IN}.env.default"),
    (_inputs(env={"type": "string", "minLength": 5, "default": "b"}), f"{IN}.env.default"),
    (_inputs(env={"type": "string", "minLength": "5"}), f"{IN}.env.minLength"),
    (_inputs(env={"type": "string", "pattern": "("}), f"{IN}.env.pattern"),
    (_inputs(env={"type": "string", "pattern": "a" * 3000}), f"{IN}.env.pattern"),
    (_inputs(env={"type": "string", "pattern": 7}), f"{IN}.env.pattern"),
    (_inputs(env={"type": "array", "minItems": -1}), f"{IN}.env.minItems"),
    (_inputs(env={"type": "string", "visible": "yes"}), f"{IN}.env.visible"),
    (_inputs(env={"type": "string", "disabled": {"jqQuery": 7}}), f"{IN}.env.disabled.jqQuery"),
    (_inputs(env={"type": "string", "default": {"jqQuery": " "}}), f"{IN}.env.default.jqQuery"),
    (_inputs(env={"type": "string", "default": {"jqQuery": ".", "x": 1}}), f"{IN}.env.default.x is not known"),
    (_inputs(env={"type": "string", "dataset": {"rules": []}}), f"{IN}.env.dataset"),
    (_inputs(env={"type": "string", "dataset": {**QUERY, "limit": 1}}), f"{IN}.env.dataset.limit"),
    (
        _inputs(env={"type": "string", "dataset": {"combinator": "and", "rules": [{"property": "x"}]}}),
        f"{IN}.env.dataset.rules[0]",
    ),
    (_inputs(env={"type": "string", "sort": {"property": "x"}}), f"{IN}.env.sort.order is required"),
    (_inputs(env={"type": "string", "sort": {"property": "x", "order": "UP"}}), f"{IN}.env.sort.order"),
    (_inputs(env={"type": "string", "encryption": "rot13"}), f"{IN}.env.encryption"),
    (_inputs(env={"type": "number", "encryption": "aes256-gcm"}), f"{IN}.env.encryption"),
    (_inputs(env={"type": "string", "encryption": {"algorithm": "client-side"}}), f"{IN}.env.encryption.key"),
    (_inputs(env={"type": "string", "encryption": {"algorithm": "x", "key": "k"}}), "encryption.algorithm"),
    (_inputs(env={"type": "string", "dependsOn": ["size"]}), f"{IN}.env.dependsOn[0]"),
    (_inputs(env={"type": "string", "dependsOn": ["env"]}), f"{IN}.env.dependsOn"),
    (_inputs(env={"type": "string", "dependsOn": "size"}), f"{IN}.env.dependsOn must be an array"),
    (
        _inputs(a={"type": "string", "dependsOn": ["b"]}, b={"type": "string", "dependsOn": ["a"]}),
        "depend on one another in a circle",
    ),
    (_inputs(**{f"i{n}": {"type": "string"} for n in range(251)}), "250 inputs"),
    (_form(required=["none"]), "trigger.userInputs.required[0]"),
    (_form(required={"jqQuery": ""}), "trigger.userInputs.required.jqQuery"),
    (_form(required=True), "trigger.userInputs.required"),
    (_form(order=["env", "none"]), "trigger.userInputs.order[1]"),
    (_form(order=["env"], steps=[]), '"order" and "steps" exclude each other'),
    (_form(steps=[{"order": ["env"]}]), "trigger.userInputs.steps[0].title is required"),
    (_form(steps=[{"title": "x" * 26, "order": []}]), "trigger.userInputs.steps[0].title"),
    (_form(steps=[{"title": "x"}]), "trigger.userInputs.steps[0].order is required"),
    (_form(steps=[{"title": "x", "order": ["none"]}]), "trigger.userInputs.steps[0].order[0]"),
    (_form(steps=[{"title": "x", "order": [], "visible": 1}]), "trigger.userInputs.steps[0].visible"),
    (_form(steps=[{"title": "x", "order": [], "hidden": True}]), "trigger.userInputs.steps[0].hidden"),
    (_form(titles={"t": {"title": ""}}), "trigger.userInputs.titles.t.title"),
    (_form(titles={"t": {"title": "x" * 141}}), "trigger.userInputs.titles.t.title"),
    (_form(titles={"t": {"title": "x", "description": "x" * 1001}}), "titles.t.description"),
    (_form(titles={"t": {"title": "x", "visible": "no"}}), "titles.t.visible"),
    (_form(titles={"t": {"text": "x"}}), "titles.t.text is not known"),
]
METHODS: list[tuple[dict[str, Any], str]] = [
    (_document(invocationMethod="KAFKA"), "invocationMethod must be an object"),
    (_method("SMTP"), "invocationMethod.type must be"),
    (_method("KAFKA", payload="x"), "invocationMethod.payload"),
    (_method("KAFKA", topic="x"), "invocationMethod.topic is not known"),
    (_method("KAFKA", agentLabels={}), "invocationMethod.agentLabels is not known"),
    (_method("WEBHOOK"), "invocationMethod.url is required"),
    (_method("WEBHOOK", url="hook"), "invocationMethod.url"),
    (_method("WEBHOOK", url="ftp://x"), "invocationMethod.url"),
    (_method("WEBHOOK", url="https://[x"), "invocationMethod.url"),
    (_method("WEBHOOK", **HOOK, agent=1), "invocationMethod.agent"),
    (_method("WEBHOOK", **HOOK, synchronized=[]), "invocationMethod.synchronized"),
    (_method("WEBHOOK", **HOOK, method="BREW"), "invocationMethod.method"),
    (_method("WEBHOOK", **HOOK, headers={"X": 1}), "invocationMethod.headers.X"),
    (_method("WEBHOOK", **HOOK, body="x"), "invocationMethod.body"),
    (_method("WEBHOOK", **HOOK, agentLabels={"zone": 1}), "invocationMethod.agentLabels.zone"),
    (_method("WEBHOOK", **HOOK, agentLabels=["zone"]), "invocationMethod.agentLabels"),
    (_method("GITHUB", org="a", repo="b"), "invocationMethod.workflow is required"),
    (_method("GITHUB", org="a", repo="b", workflow="c", workflowInputs=[]), "invocationMethod.workflowInputs"),
    (_method("GITHUB", org="a", repo="b", workflow="c", reportWorkflowStatus=0), "reportWorkflowStatus"),
    (_method("GITLAB", projectName="a"), "invocationMethod.groupName is required"),
    (_method("GITLAB", projectName="a", groupName="b", defaultRef=1), "invocationMethod.defaultRef"),
    (_method("GITLAB", projectName="a", groupName="b", pipelineVariables=[]), "pipelineVariables"),
    (_method("AZURE_DEVOPS", org="a"), "invocationMethod.webhook is required"),
    (_method("UPSERT_ENTITY", mapping={}), "invocationMethod.blueprintIdentifier is required"),
    (_method("UPSERT_ENTITY", blueprintIdentifier="service"), "invocationMethod.mapping is required"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"name": "x"}}), "invocationMethod.mapping.name is not known"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"identifier": 7}}), "invocationMethod.mapping.identifier"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"team": {}}}), "invocationMethod.mapping.team"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"team": [7]}}), "invocationMethod.mapping.team[0]"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"properties": []}}), "invocationMethod.mapping.properties"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"relations": {"a": 7}}}), "mapping.relations.a"),
    (_method("UPSERT_ENTITY", **{**UPSERT, "mapping": {"relations": {"a": [7]}}}), "mapping.relations.a[0]"),
    (_method("INTEGRATION_ACTION", **{**DISPATCH, "installationId": ""}), "invocationMethod.installationId"),
    (_method("INTEGRATION_ACTION", **{**DISPATCH, "integrationActionType": "no name"}), "integrationActionType"),
    (_method("INTEGRATION_ACTION", **_without(DISPATCH, "integrationActionExecutionProperties")), "is required"),
]


@pytest.mark.parametrize(("document", "told"), [*DOCUMENTS, *TRIGGERS, *INPUTS, *METHODS])
def test_a_document_that_is_not_right_is_refused(document: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_definition(document)
    assert told in refusal.value.message


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (_inputs(env={"type": "string", "enum": {"jqQuery": ".form |"}}), f"{IN}.env.enum.jqQuery"),
        (_inputs(env={"type": "array", "items": {"enum": {"jqQuery": "]"}}}), f"{IN}.env.items.enum.jqQuery"),
        (_inputs(env={"type": "array", "minItems": {"jqQuery": "]"}}), f"{IN}.env.minItems.jqQuery"),
        (_inputs(env={"type": "string", "visible": {"jqQuery": "]"}}), f"{IN}.env.visible.jqQuery"),
        (
            _inputs(
                env={
                    "type": "string",
                    "dataset": {
                        "combinator": "and",
                        "rules": [{"property": "x", "operator": "between", "value": {"jqQuery": "nope()"}}],
                    },
                }
            ),
            f"{IN}.env.dataset.rules[0].value.jqQuery",
        ),
        (_form(required={"jqQuery": "["}), "trigger.userInputs.required.jqQuery"),
        (_form(steps=[{"title": "x", "order": [], "visible": {"jqQuery": "["}}]), "steps[0].visible.jqQuery"),
        (_form(titles={"t": {"title": "x", "visible": {"jqQuery": "["}}}), "titles.t.visible.jqQuery"),
        (automation("a", {"type": "JQ", "expressions": [".", "["]}), "trigger.condition.expressions[1]"),
        (_method("KAFKA", payload=[{"a": "x {{ .inputs | }}"}]), "invocationMethod.payload[0].a"),
        (_method("KAFKA", payload={"{{ [ }}": 1}), "invocationMethod.payload.{{ [ }}"),
        (_method("WEBHOOK", url="https://x.io/{{ secrets.A }}"), "invocationMethod.url"),
        (_method("WEBHOOK", **HOOK, agentLabels={"zone": "{{ [ }}"}), "invocationMethod.agentLabels.zone"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("model")
async def test_what_is_not_jq_is_refused(client: httpx.AsyncClient, document: dict[str, Any], place: str) -> None:
    response = await client.post("/v1/actions", json=document)
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")
    assert place in response.json()["message"]
    assert (await client.get("/v1/actions")).json()["actions"] == []


@pytest.mark.parametrize(
    ("document", "status", "told"),
    [
        (self_service(blueprintIdentifier="none"), 404, "trigger.blueprintIdentifier"),
        (_inputs(x={"type": "string", "format": "entity", "blueprint": "none"}), 404, f"{IN}.x.blueprint"),
        (
            _inputs(x={"type": "array", "items": {"format": "entity", "blueprint": "none"}}),
            404,
            f"{IN}.x.items.blueprint",
        ),
        (automation(type="ENTITY_CREATED", blueprintIdentifier="none"), 404, "trigger.event.blueprintIdentifier"),
        (automation(type="RUN_CREATED", actionIdentifier="none"), 404, "trigger.event.actionIdentifier"),
        (
            automation(type="TIMER_PROPERTY_EXPIRED", blueprintIdentifier="service", propertyIdentifier="tier"),
            422,
            "trigger.event.propertyIdentifier",
        ),
        (
            _method("UPSERT_ENTITY", **{**UPSERT, "blueprintIdentifier": "none"}),
            404,
            "invocationMethod.blueprintIdentifier",
        ),
    ],
)
@pytest.mark.usefixtures("model")
async def test_what_a_document_names_must_exist(
    client: httpx.AsyncClient, document: dict[str, Any], status: int, told: str
) -> None:
    response = await client.post("/v1/actions", json=document)
    assert (response.status_code, told in response.json()["message"]) == (status, True), response.text
    if status == 404:
        assert response.json()["error"] == "not_found"
        assert '"none" was not found' in response.json()["message"]
        created = await client.post("/v1/actions", json=self_service(document["identifier"]))
        assert created.status_code == 201
        assert (await client.put(f"/v1/actions/{document['identifier']}", json=document)).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_number_of_expressions_is_bounded(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/actions", json=_method("KAFKA", payload=[f"{{{{ .a{n} }}}}" for n in range(1001)])
    )
    assert (response.status_code, "1000" in response.json()["message"]) == (422, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_bodies_that_are_no_objects(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/actions", content=b"{")).status_code == 400
    assert (await client.post("/v1/actions", json=[])).status_code == 422
    await client.post("/v1/actions", json=self_service())
    assert (await client.patch("/v1/actions/do_it/permissions", json=[])).status_code == 422


@pytest.mark.parametrize(
    ("place", "mapping"),
    [
        ("mapping.identifier", {"identifier": "{{ .secrets.TOKEN }}"}),
        ("mapping.properties.repo", {"properties": {"repo": "x-{{ .secrets.TOKEN[:3] }}"}}),
        ("mapping.properties.repo", {"properties": {"repo": '{{ .["secrets"] | keys }}'}}),
        ("mapping.properties", {"properties": {"{{ .secrets.TOKEN }}": 1}}),
        ("mapping.relations.domain[0]", {"relations": {"domain": ["{{ [.secrets[]] | first }}"]}}),
        ("blueprintIdentifier", {}),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_secrets_are_not_written_into_the_catalog(
    client: httpx.AsyncClient, place: str, mapping: dict[str, Any]
) -> None:
    blueprint = "{{ .secrets.NAME }}" if place == "blueprintIdentifier" else "{{ .inputs.kind }}"
    response = await client.post(
        "/v1/actions", json=_method("UPSERT_ENTITY", blueprintIdentifier=blueprint, mapping=mapping)
    )
    assert response.status_code == 422, response.text
    assert f"invocationMethod.{place}" in response.json()["message"]
    assert "catalog" in response.json()["message"]
