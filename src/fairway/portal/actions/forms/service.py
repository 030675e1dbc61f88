"""Use cases of forms: what to ask a person next, and whether what they sent will do (contract 6.3, 6.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.access.directory import Directory
from fairway.portal.actions.access.subject import user_document
from fairway.portal.actions.forms.checking import find_errors, misplaced_seals, missing, refusal_of, undecided
from fairway.portal.actions.forms.conditions import Conditions, condition_of
from fairway.portal.actions.forms.definition import form_of
from fairway.portal.actions.forms.document import form_document
from fairway.portal.actions.forms.entities import EntityFinder
from fairway.portal.actions.forms.expressions import Evaluator
from fairway.portal.actions.forms.lookups import Lookups
from fairway.portal.actions.forms.model import CheckedInputs, InputError
from fairway.portal.actions.forms.outcome import checked_inputs
from fairway.portal.actions.forms.people import PeopleFinder
from fairway.portal.actions.forms.resolution import Resolution, ResolvedForm
from fairway.portal.actions.forms.sealing import broken_seals, seal, to_seal
from fairway.portal.actions.forms.subject import Subject
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage.database import Database

Document = Mapping[str, Any]
SigningSecret = Callable[[], Awaitable[str]]


class FormService:
    """Resolves and checks the inputs of self-service actions."""

    def __init__(
        self, db: Database, clock: Clock, jq: Engine, catalog: Catalog, directory: Directory, secret: SigningSecret
    ) -> None:
        self._db = db
        self._clock = clock
        self._jq = jq
        self._catalog = catalog
        self._directory = directory
        self._secret = secret
        self._entities = EntityFinder(catalog.search)
        self._people = PeopleFinder(db, directory)
        self._conditions = Conditions(clock, self._entities)

    async def resolve(
        self, caller: Caller, action: Action, form: Mapping[str, Any], entity: Document | None
    ) -> dict[str, Any]:
        """The form as a user interface shows it for the values given so far. What cannot be worked out is told in
        ``problems``, what is wrong with values in ``errors``; values of encrypted inputs are never returned."""
        resolved, lookups = await self._resolved(caller, action, form, entity)
        errors = await find_errors(resolved, lookups)
        document = form_document(action, resolved, errors, missing(resolved))
        offered = entity is None or await self._conditions.offered(caller, action, entity)
        return {**document, "entity": None if entity is None else entity["identifier"], "offered": offered}

    async def check(
        self,
        caller: Caller,
        action: Action,
        inputs: Mapping[str, Any],
        entity: Document | None,
        *,
        sealed: frozenset[str] = frozenset(),
    ) -> CheckedInputs:
        """The inputs, checked, completed and sealed. ``sealed`` names inputs that a former run sealed already.

        Raises:
            InvalidRequest: with everything that is wrong; ``details.errors`` has an entry for each.
        """
        await self._check_entity(caller, action, entity)
        sealed = frozenset(name for name in sealed if inputs.get(name) is not None)
        resolved, lookups = await self._resolved(caller, action, inputs, entity)
        errors = [
            *await find_errors(resolved, lookups, sealed),
            *missing(resolved),
            *undecided(resolved),
            *misplaced_seals(resolved, sealed),
        ]
        return checked_inputs(resolved, await self._sealed(action, resolved, errors, sealed))

    def applies(self, caller: Caller, action: Action, entity: Document) -> bool:
        """Whether the action is offered on an entity, judged by its whole document; see :meth:`offered`.

        Raises:
            InvalidRequest: the condition asks for what no document shows.
        """
        return self._conditions.applies(caller, action, entity)

    async def offered(self, caller: Caller, action: Action, entity: Document) -> bool:
        """Whether the action is offered on an entity, whatever its condition asks for (contract 6.3)."""
        return await self._conditions.offered(caller, action, entity)

    async def applicable_entities_query(self, action: Action) -> dict[str, Any] | None:
        """``{blueprint, query}`` of the entities on which the action is offered; none when it is about no entity."""
        if action.blueprint is None or action.operation not in ("DAY-2", "DELETE"):
            return None
        query = condition_of(action) or {"combinator": "and", "rules": []}
        return {"blueprint": action.blueprint, "query": query}

    async def entity(self, caller: Caller, action: Action, identifier: str) -> Document:
        """The entity that an action is asked for on, with everything that expressions may read.

        Raises:
            InvalidRequest: the action is about no entity.
            NotFound: there is none, or the caller may not read it.
        """
        if action.blueprint is None:
            raise InvalidRequest(f'Action "{action.identifier}" has no blueprint, so it takes no entity')
        found = await self._catalog.search.readable(caller, action.blueprint, identifier)
        documents = [] if found is None else await self._catalog.reader.documents([found])
        if not documents:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{action.blueprint}"')
        return documents[0]

    async def _resolved(
        self, caller: Caller, action: Action, submitted: Mapping[str, Any], entity: Document | None
    ) -> tuple[ResolvedForm, Lookups]:
        form = form_of(action)
        lookups = Lookups(caller, form, self._entities, self._people)
        user = await self._db.read(lambda tx: user_document(tx, self._directory, caller))
        subject = Subject(form, entity, user)
        evaluator = Evaluator(self._jq, self._clock)
        return await Resolution(form, evaluator, subject, lookups.entities_of).run(submitted), lookups

    async def _check_entity(self, caller: Caller, action: Action, entity: Document | None) -> None:
        if action.operation not in ("DAY-2", "DELETE") or action.blueprint is None:
            return
        if entity is None:
            of = f'an entity of blueprint "{action.blueprint}"'
            raise InvalidRequest(f'Action "{action.identifier}" is run on {of}; "entity" is missing')
        if not await self._conditions.offered(caller, action, entity):
            raise InvalidRequest(
                f'Action "{action.identifier}" is not offered on entity "{entity["identifier"]}": '
                "the entity does not match the condition of the action",
                details={
                    "action": action.identifier,
                    "entity": entity["identifier"],
                    "condition": condition_of(action),
                },
            )

    async def _sealed(
        self, action: Action, resolved: ResolvedForm, errors: list[InputError], already: frozenset[str]
    ) -> dict[str, str]:
        """The sealed text by input, once nothing is wrong."""
        wanted = to_seal(resolved)
        before = [each for each in wanted if each.definition.identifier in already]
        secret = await self._secret() if wanted else ""
        errors = [*errors, *broken_seals(before, secret)]
        if errors:
            raise refusal_of(action.identifier, errors)
        texts = {each.definition.identifier: each.value for each in wanted}
        return {name: value if name in already else seal(value, secret) for name, value in texts.items()}


def build_forms(
    *, db: Database, clock: Clock, jq: Engine, catalog: Catalog, directory: Directory, signing_secret: SigningSecret
) -> FormService:
    """Wires the forms; ``signing_secret`` gives the organisation's secret of the moment (contract 15.11)."""
    return FormService(db, clock, jq, catalog, directory, signing_secret)
