"""An integration's folder, read and imported whole (contract 2.1 and 4.1 step 1)."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

import fairway
from fairway.integration.definition import Integration
from fairway.integration.manifest.config_model import config_model
from fairway.integration.manifest.problems import InvalidManifest
from fairway.integration.manifest.project import Project, read_project
from fairway.integration.manifest.resources import DEFAULT_FOLDER, Resources, read_resources
from fairway.integration.manifest.spec import Spec, find_spec, read_spec
from fairway.integration.ocean.current import Registry, collecting
from fairway.integration.settings.load import LoadedSettings, load_settings
from fairway.kit.errors import InvalidRequest

VARIABLE = "integration"
_SHIPPED = Path(fairway.__file__).parent / "integrations"


class InvalidIntegration(InvalidRequest):
    """``main.py`` cannot be imported, or makes no integration."""

    code = "invalid_integration"


@dataclass(frozen=True, slots=True)
class LoadedIntegration:
    """Everything a folder says."""

    folder: Path
    integration: Integration
    project: Project
    spec: Spec
    resources: Resources

    @property
    def kind_of_integration(self) -> str:
        """The integration type (contract 1), in lower case."""
        return (self.integration.name or self.project.name).lower()

    @property
    def built_in(self) -> bool:
        """Whether it ships with Fairway: its folder is nobody's place to keep files in."""
        return self.folder.parent == _SHIPPED

    @property
    def config_model(self) -> type[BaseModel]:
        """Of the integration's own settings."""
        return self.integration.config_model or config_model(self.spec.configurations)

    def settings(self, environment: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> LoadedSettings:
        """The settings with which it would start. A built-in one reads ``.env`` and ``config.yaml`` of the working
        directory, where its relative paths begin, and keeps its state below that.

        Raises:
            InvalidSettings: with every problem.
        """
        loaded = load_settings(
            environment,
            Path.cwd() if self.built_in else self.folder,
            overrides=overrides,
            config_model=self.config_model,
            default_type=self.kind_of_integration,
        )
        if not self.built_in:
            return loaded
        place = Path.cwd() / "fairway-data" / "integrations" / quote(loaded.settings.integration.identifier, safe="")
        here: dict[str, Path] = {"state_path": place / loaded.settings.state_path}
        if loaded.settings.resources_path != DEFAULT_FOLDER:
            here["resources_path"] = Path.cwd() / loaded.settings.resources_path
        return replace(loaded, settings=loaded.settings.model_copy(update=here))


def load_integration(folder: Path, resources_path: Path = DEFAULT_FOLDER) -> LoadedIntegration:
    """Reads the files of ``folder`` and imports its ``main.py``, which has an :class:`Integration` named
    ``integration``.

    Raises:
        InvalidManifest: a file besides the code does not hold.
        InvalidIntegration: the code does not; the message has file and line.
    """
    folder = folder.resolve()
    if not (folder / "main.py").is_file():
        raise InvalidIntegration(f"{folder}: there is no main.py, so this is no integration")
    spec = find_spec(folder)
    project, resources = read_project(folder), read_resources(folder, resources_path)
    return LoadedIntegration(
        folder, import_integration(folder), project, read_spec(spec) if spec else Spec(), resources
    )


def import_integration(folder: Path) -> Integration:
    """The object of ``main.py``, or what it registered by Ocean's names; its own modules are found beside it.

    Raises:
        InvalidIntegration: with file and line.
    """
    path, registry = folder / "main.py", Registry()
    with collecting(registry):
        module = _shipped(folder) if folder.parent == _SHIPPED else _beside(folder, path)
        if registry.used and registry.mapping_model is None and (folder / "integration.py").is_file():
            _beside(folder, folder / "integration.py")  # written for Ocean, which looks for models there
    found = getattr(module, VARIABLE, None)
    if found is None and registry.used:
        return registry.integration
    if not isinstance(found, Integration):
        raise InvalidIntegration(f"{path}: must have a variable `{VARIABLE}` that is an Integration, not {found!r:.80}")
    return found


def _shipped(folder: Path) -> ModuleType:
    """Those that ship with Fairway are parts of its package."""
    with _explained(folder):
        return importlib.import_module(f"fairway.integrations.{folder.name}.main")


def _beside(folder: Path, path: Path) -> ModuleType:
    """With an ``__init__.py`` it is a package, so that ``from .client import Client`` works; its modules are found by
    plain names, too, unless these are taken by the standard library."""
    # A name of its own: two integrations may live in one process.
    name = f"fairway_integration_{abs(hash(str(folder)))}"
    package = (folder / "__init__.py").is_file()
    with _own_modules(folder, first=not package), _explained(folder):
        if not package:
            return _executed(name, path)
        for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
            del sys.modules[known]
        _executed(name, folder / "__init__.py", folder)
        return _executed(f"{name}.main", path)


def _executed(name: str, path: Path, package: Path | None = None) -> ModuleType:
    places = None if package is None else [str(package)]
    definition = importlib.util.spec_from_file_location(name, path, submodule_search_locations=places)
    if definition is None or definition.loader is None:
        raise InvalidIntegration(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(definition)
    sys.modules[name] = module
    definition.loader.exec_module(module)
    return module


@contextmanager
def _own_modules(folder: Path, *, first: bool) -> Iterator[None]:
    """Imports find the folder, ``first`` or behind the standard library. Modules of other folders with the same names
    are put aside meanwhile; imports that hooks do later still find the folder, after everything else."""
    here = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    if not first:
        here -= sys.stdlib_module_names
    aside = {name: sys.modules.pop(name) for name in list(sys.modules) if _in_the_way(name, here, folder)}
    place = str(folder)
    if place not in sys.path:
        sys.path.append(place)
    if first:
        sys.path.insert(0, place)
    try:
        yield
    finally:
        if first:
            sys.path.remove(place)
        sys.modules.update(aside)


def _in_the_way(name: str, here: set[str], folder: Path) -> bool:
    file = getattr(sys.modules[name], "__file__", None)
    return name.split(".", maxsplit=1)[0] in here and file is not None and not Path(file).is_relative_to(folder)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        raise InvalidIntegration(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except Exception as error:  # an author's module may raise anything while it is imported
        raise InvalidIntegration(f"{_place(error, folder)}: {type(error).__name__}: {error}") from error


def _place(error: Exception, folder: Path) -> str:
    """The last line of the integration's own code on the way to the error."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(folder / "main.py")


__all__ = ["InvalidIntegration", "InvalidManifest", "LoadedIntegration", "import_integration", "load_integration"]
