"""Checks a folder: loads it, compiles its default mapping, applies the rules of the quality scale."""

from __future__ import annotations

from pathlib import Path

from fairway.integration.check.examples import Example, read_examples
from fairway.integration.check.report import Checked, Finding
from fairway.integration.check.rules import RULES
from fairway.integration.check.subject import Subject
from fairway.integration.folder import LoadedIntegration, load_integration
from fairway.integration.manifest.spec import find_spec
from fairway.integration.mapping.compiled import CompiledResource, compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import Problem
from fairway.jq import Engine


async def check_folder(folder: Path, engine: Engine) -> Checked:
    """Everything a person should know about the integration in ``folder``.

    Raises:
        InvalidManifest: its files cannot be read.
        InvalidIntegration: its code cannot be imported.
    """
    return await check(load_integration(folder), engine)


async def check(loaded: LoadedIntegration, engine: Engine) -> Checked:
    """As :func:`check_folder`, of what is loaded already."""
    subject = await _subject(loaded, engine)
    programs = [expression.program for found in subject.config.resources for expression in found.expressions]
    native = sum(program.compiled for program in programs)
    return Checked(
        type=subject.loaded.kind_of_integration,
        version=subject.loaded.project.version,
        served=subject.served,
        mapped=subject.mapped,
        native=native,
        libjq=len(programs) - native,
        findings=tuple(Finding(rule.name, rule.tier, rule.asks, tuple(rule.broken(subject))) for rule in RULES),
    )


async def _subject(loaded: LoadedIntegration, engine: Engine) -> Subject:
    integration = loaded.integration
    config = compile_config(
        engine, parse_config(loaded.resources.every_kind, integration.served, integration.selectors)
    )
    examples, problems = read_examples(loaded.folder)
    for example in examples:
        for resource in config.resources:
            if resource.resource.kind == example.kind:
                problems += await _failures(resource, example)
    return Subject(loaded, find_spec(loaded.folder) is not None, config, tuple(examples), tuple(problems))


async def _failures(resource: CompiledResource, example: Example) -> list[str]:
    batch = await resource.map(example.items)
    return [f"{example.path}: {told(problem)}" for problem in batch.problems] if batch.counts.failed else []


def told(problem: Problem) -> str:
    """A problem on one line."""
    item = f" (item {problem.item})" if problem.item else ""
    program = f" in `{problem.program}`" if problem.program else ""
    return f"{problem.where}: {problem.message}{program}{item}"
