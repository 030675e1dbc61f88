"""Renders invocation methods: for real when they are delivered, masked for what is stored and shown (contract 6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fairway.jq import Engine, Result, Templates
from fairway.jq.templates import TemplateProblem, fill, references
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import InvalidRequest
from fairway.portal.organization.secrets import SecretsService
from fairway.portal.runs.model import Run
from fairway.portal.runs.rendering.exposure import sees_secrets, spread_programs
from fairway.portal.runs.rendering.routes import Route, Routes
from fairway.portal.runs.rendering.scrub import MASK, Scrubber
from fairway.portal.runs.rendering.sealing import open_context
from fairway.portal.runs.rendering.typing_rules import FLAGS, misfit, texts, typed
from fairway.portal.storage import Database, Tx

_HIDDEN = Result(MASK)
_HIDDEN_SPREAD = Result({MASK: MASK})
_INNER = "integrationActionExecutionProperties"
_INNER_FLAG = "reportWorkflowStatus"


class TemplateContext(Protocol):
    """What templates are evaluated on."""

    def document(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """The document, with these secrets in it."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered invocation method, safe to store and to show, and which way it goes."""

    payload: dict[str, Any]
    """Secrets are masked."""
    secret: bool = False
    """Whether what is delivered differs from ``payload``."""
    queue: str | None = None
    """Who may claim it."""
    labels: dict[str, str] | None = None
    """What a claiming agent must be labelled with."""
    push: bool = False
    """The portal delivers it."""
    problem: str | None = None
    """Why it cannot be delivered: the run ends with it."""


class RenderingFailed(InvalidRequest):
    """A payload that was rendered before cannot be rendered again: a template overran, or a secret is gone."""


class Renderer:
    """Evaluates the templates of invocation methods."""

    def __init__(self, engine: Engine, db: Database, box: SecretBox, secrets: SecretsService, routes: Routes) -> None:
        self._engine = engine
        self._templates = Templates(engine)
        self._db = db
        self._box = box
        self._secrets = secrets
        self._routes = routes

    async def secrets(self) -> dict[str, str]:
        """The organisation's secrets; outside of a unit of work."""
        return await self._db.read(self._secrets.values)

    async def secrets_in(self, tx: Tx) -> dict[str, str]:
        """:meth:`secrets` within a unit of work."""
        return await self._secrets.values(tx)

    async def render(
        self, definition: Mapping[str, Any], context: TemplateContext, secrets: Mapping[str, str]
    ) -> Rendered:
        """What is stored of ``definition`` rendered for ``context``, and its way. Templates that fail give null; one
        that overruns its limits is the rendering's ``problem`` (contract 15.23)."""
        rendering = await self._both(definition, context, secrets)
        payload, shown = rendering.payload, rendering.shown
        problem = rendering.problem or misfit(payload)
        route = await self._routes.of(payload, secrets) if problem is None else Route(problem=problem)
        labels = shown.get("agentLabels")
        return Rendered(
            shown,
            secret=shown != payload,
            queue=route.queue,
            labels=texts(labels) if isinstance(labels, Mapping) and labels else None,
            push=route.push,
            problem=route.problem,
        )

    async def real(
        self, definition: Mapping[str, Any], context: TemplateContext, secrets: Mapping[str, str]
    ) -> dict[str, Any]:
        """What is delivered. It leaves the portal at delivery or with a claim, and is kept nowhere.

        Raises:
            RenderingFailed: with the secrets of today it cannot be delivered.
        """
        rendering = await self._both(definition, context, secrets)
        problem = rendering.problem or misfit(rendering.payload)
        if problem is not None:
            raise RenderingFailed(problem)
        return rendering.payload

    async def real_payload(self, run: Run, secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
        """:meth:`real` of a stored run, with the secrets of today, which the caller may have at hand.

        Raises:
            RenderingFailed: see :meth:`real`.
        """
        if run.payload is not None and not run.secret:
            return dict(run.payload)
        context = open_context(self._box, run.id, run.context)
        if secrets is None:
            secrets = await self.secrets()
        return await self.real(run.definition["invocationMethod"], context, secrets)

    async def _both(
        self, definition: Mapping[str, Any], context: TemplateContext, secrets: Mapping[str, str]
    ) -> _Rendering:
        kind = {"type": definition.get("type")}
        rest = {key: value for key, value in definition.items() if key != "type"}
        programs = references(rest)
        exposed = {program for program in programs if sees_secrets(self._engine, program)}
        results = await self._templates.evaluate(programs - exposed, context.document({}))
        hidden = await self._templates.evaluate(exposed, context.document(secrets)) if exposed else {}
        filled, problems = fill(rest, {**results, **hidden})
        payload = typed({**kind, **filled})
        shown = typed({**kind, **fill(rest, {**results, **_masks(exposed, rest)})[0]}) if exposed else payload
        payload, shown = (self._routes.addressed(each, secrets) for each in (payload, _same_flags(shown, payload)))
        return _Rendering(payload, _scrubbed(shown, secrets), _overrun(problems))


@dataclass(frozen=True, slots=True)
class _Rendering:
    payload: dict[str, Any]
    shown: dict[str, Any]
    problem: str | None


def _masks(exposed: Iterable[str], template: Mapping[str, Any]) -> dict[str, Result]:
    spread = set(spread_programs(template))
    return {program: _HIDDEN_SPREAD if program in spread else _HIDDEN for program in exposed}


def _same_flags(shown: dict[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Which way a run goes is no secret, even when a secret decides it."""
    flags = {flag: payload[flag] for flag in FLAGS if flag in payload}
    inner, real = shown.get(_INNER), payload.get(_INNER)
    if isinstance(inner, Mapping) and isinstance(real, Mapping) and _INNER_FLAG in inner and _INNER_FLAG in real:
        flags[_INNER] = {**inner, _INNER_FLAG: real[_INNER_FLAG]}
    return {**shown, **flags}


def _scrubbed(masked: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Secrets that came in by another way than ``.secrets``, such as an input; names of the method's own keys stay."""
    scrubber = Scrubber(secrets.values())
    return {key: value if key == "type" else scrubber.value(value) for key, value in masked.items()}


def _overrun(problems: Iterable[TemplateProblem]) -> str | None:
    """Where a template overran. What it said stays untold: it may quote a secret."""
    for problem in problems:
        if problem.kind == "limit":
            return f'The template at "{problem.pointer}" took more time, memory or output than templates may'
    return None
