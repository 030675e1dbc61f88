"""What the rules of the quality scale look at."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.integration.check.examples import Example
from fairway.integration.folder import LoadedIntegration
from fairway.integration.mapping.compiled import CompiledConfig


@dataclass(frozen=True, slots=True)
class Subject:
    """A loaded folder, its compiled default mapping and its recorded items."""

    loaded: LoadedIntegration
    has_spec: bool
    config: CompiledConfig
    examples: tuple[Example, ...]
    example_problems: tuple[str, ...]

    @property
    def served(self) -> tuple[str, ...]:
        """Kinds with handlers; ``*`` for any."""
        integration = self.loaded.integration
        return tuple(sorted(integration.kinds)) + (("*",) if integration.served is None else ())

    @property
    def mapped(self) -> tuple[str, ...]:
        """Kinds of sound resources."""
        return tuple(dict.fromkeys(found.resource.kind for found in self.config.resources))
