"""The quality scale: named rules, each with what it asks for and what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fairway.integration.check.report import Tier
from fairway.integration.check.subject import Subject
from fairway.jq.literals import literal


@dataclass(frozen=True, slots=True)
class Rule:
    """``broken`` yields one line for each breach."""

    name: str
    tier: Tier
    asks: str
    broken: Callable[[Subject], Iterator[str]]


def _spec(subject: Subject) -> Iterator[str]:
    if not subject.has_spec:
        yield "there is no .port/spec.yaml"
    elif not subject.loaded.spec.title:
        yield ".port/spec.yaml has no title"


def _handlers(subject: Subject) -> Iterator[str]:
    if not subject.served:
        yield "main.py registers no on_resync handler"


def _mapping(subject: Subject) -> Iterator[str]:
    mapping = subject.loaded.resources.mapping
    if mapping is None:
        yield "there is no .port/resources/port-app-config.yml"
    elif not mapping.get("resources"):
        yield "the default mapping has no resources"


def _mapping_sound(subject: Subject) -> Iterator[str]:
    for problem in subject.config.problems:
        program = f" in `{problem.program}`" if problem.program else ""
        yield f"{problem.where}: {problem.message}{program}"


def _blueprints(subject: Subject) -> Iterator[str]:
    if not subject.loaded.resources.blueprints:
        yield "there is no .port/resources/blueprints.json"


def _blueprints_mapped(subject: Subject) -> Iterator[str]:
    known = {blueprint.get("identifier") for blueprint in subject.loaded.resources.blueprints}
    for found in subject.config.resources if known else ():
        for mapping in found.resource.mappings:
            name = literal(mapping["blueprint"])
            if name is not None and name not in known:
                yield f'{found.resource.name}: maps to the blueprint "{name}", which blueprints.json lacks'


def _served_mapped(subject: Subject) -> Iterator[str]:
    for kind in sorted(subject.loaded.integration.kinds.difference(subject.mapped)):
        yield f'the kind "{kind}" is served, but neither in the default mapping nor in more-kinds'


def _features(subject: Subject) -> Iterator[str]:
    served = subject.loaded.integration.served
    for kind in subject.loaded.spec.kinds:
        if served is not None and kind not in served:
            yield f'the specification lists the kind "{kind}", which no handler serves'
    for kind in sorted(subject.loaded.integration.kinds.difference(subject.loaded.spec.kinds)):
        yield f'the kind "{kind}" is served, but not in the features of the specification'


def _described(subject: Subject) -> Iterator[str]:
    for item in subject.loaded.spec.configurations:
        if not item.description and not item.title:
            yield f'the setting "{item.name}" has neither title nor description'


def _readme(subject: Subject) -> Iterator[str]:
    if not (subject.loaded.folder / "README.md").is_file():
        yield "there is no README.md"


def _tests(subject: Subject) -> Iterator[str]:
    if not any((subject.loaded.folder / "tests").rglob("test_*.py")):
        yield "there is no tests/test_*.py"


def _native(subject: Subject) -> Iterator[str]:
    for found in subject.config.resources:
        for expression in found.expressions:
            if not expression.program.compiled:
                yield f"{expression.where}: `{expression.program.text}` needs libjq"


def _examples(subject: Subject) -> Iterator[str]:
    yield from subject.example_problems
    recorded = {example.kind for example in subject.examples if example.items}
    for kind in subject.mapped:
        if kind not in recorded:
            yield f"there is no examples/{kind}.json with raw items"


def _live(subject: Subject) -> Iterator[str]:
    """A third party that sends no events is told of in the specification: ``saas.liveEvents.enabled: false``."""
    told = subject.loaded.spec.saas.get("liveEvents")
    exempt = isinstance(told, Mapping) and told.get("enabled") is False
    integration = subject.loaded.integration
    if not (integration.webhooks or integration.streams) and not exempt:
        yield "main.py registers no processor of webhooks or streams"


RULES = (
    Rule("spec", Tier.BRONZE, "a specification with a title", _spec),
    Rule("handlers", Tier.BRONZE, "handlers for resyncs", _handlers),
    Rule("default-mapping", Tier.BRONZE, "a default mapping", _mapping),
    Rule("mapping-sound", Tier.BRONZE, "a mapping without problems, of kinds that are served", _mapping_sound),
    Rule("blueprints", Tier.BRONZE, "blueprints for what it maps", _blueprints),
    Rule("blueprints-mapped", Tier.BRONZE, "mappings to blueprints it brings", _blueprints_mapped),
    Rule("served-mapped", Tier.SILVER, "every kind that is served in the mappings it brings", _served_mapped),
    Rule("features", Tier.SILVER, "the specification's features as they are served", _features),
    Rule("settings-described", Tier.SILVER, "a title or description of every setting", _described),
    Rule("readme", Tier.SILVER, "a README", _readme),
    Rule("tests", Tier.SILVER, "tests", _tests),
    Rule("native", Tier.GOLD, "expressions that run without libjq", _native),
    Rule("examples", Tier.GOLD, "recorded raw items of every mapped kind, which map without failures", _examples),
    Rule("live", Tier.GOLD, "live events", _live),
)  # fmt: skip
