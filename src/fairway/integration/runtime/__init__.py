"""The process of an integration: from its folder to its exit code (contract section 4)."""

from fairway.integration.runtime.exits import ABORTED, COMPLETED, CONFIGURATION, FAILED
from fairway.integration.runtime.loading import Bundle, load_bundle
from fairway.integration.runtime.program import (
    RunOptions,
    add_kinds,
    clean_defaults,
    install_defaults,
    journal_path,
    probe,
    run_integration,
)

__all__ = [
    "ABORTED",
    "COMPLETED",
    "CONFIGURATION",
    "FAILED",
    "Bundle",
    "RunOptions",
    "add_kinds",
    "clean_defaults",
    "install_defaults",
    "journal_path",
    "load_bundle",
    "probe",
    "run_integration",
]
