"""Actions of the portal that an integration carries out (contract section 12)."""

from fairway.integration.actions.executor import ExecutionFailed, Executor
from fairway.integration.actions.model import ActionRun, Work
from fairway.integration.actions.processor import ActionFigures, Actions
from fairway.integration.actions.reports import Runs

__all__ = ["ActionFigures", "ActionRun", "Actions", "ExecutionFailed", "Executor", "Runs", "Work"]
