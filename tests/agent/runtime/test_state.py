"""What an agent keeps on disk: sealed, one slot for each process, taken over when its process has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.agent.model import Invocation, LogLine, Report
from fairway.agent.runtime.dead_letters import DeadLetters
from fairway.agent.runtime.state import Seal, State, StateUnavailable
from fairway.kit.errors import NotFound

_SEAL = Seal("a secret of the agent")


def _run(name: str, text: str = "top secret") -> Invocation:
    return Invocation("run", name, {"body": text}, {"url": "http://x"}, name, "deploy", received_at=3.0)


def _report(name: str) -> Report:
    return Report(_run(name), "FAILURE", "why", ["a", "b"], "7", {"x": 1}, 500, (LogLine("l", "WARN"),), attempts=2)


def test_what_a_process_left_is_taken_over_once(tmp_path: Path) -> None:
    first = State(tmp_path, _SEAL)
    first.begin([_run("r_1"), _run("r_2"), _run("r_1")])
    first.end(["r_1", "r_unknown"])
    first.keep([_report("r_3")])
    first.close()
    with State(tmp_path, _SEAL) as second:
        left = second.take_over()
        assert [each.id for each in left.begun] == ["r_2"]
        assert left.begun[0].message == {"body": "top secret"}
        assert _told(left.reports[0]) == _told(_report("r_3"))
        assert left.reports[0].logs == (LogLine("l", "WARN"),)
        second.end(["r_2"])
        second.keep([])
    with State(tmp_path, _SEAL) as third:
        left = third.take_over()
        assert (left.begun, left.reports) == ([], [])


def _told(report: Report) -> tuple[object, ...]:
    return report.status, report.summary, report.link, report.external_run_id, report.response, report.attempts


def test_a_living_process_keeps_its_own(tmp_path: Path) -> None:
    with State(tmp_path, _SEAL) as first, State(tmp_path, _SEAL) as second:
        first.begin([_run("r_1")])
        assert second.take_over().begun == []


def test_nothing_is_readable_without_the_secret(tmp_path: Path) -> None:
    with State(tmp_path, _SEAL) as state:
        state.begin([_run("r_1")])
        state.keep([_report("r_2")])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"top secret" in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [tmp_path / "slot-0", *files])
    with State(tmp_path, Seal("another secret")) as other:
        assert other.take_over().begun == [], "and it is no reason not to start"


def test_a_line_that_was_cut_costs_only_itself(tmp_path: Path) -> None:
    with State(tmp_path, _SEAL) as state:
        state.begin([_run("r_1")])
    with (tmp_path / "slot-0" / "journal.jsonl").open("a") as file:
        file.write("+abc")
    with State(tmp_path, _SEAL) as state:
        assert [each.id for each in state.take_over().begun] == ["r_1"]


def test_the_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    with State(tmp_path, _SEAL) as state:
        state.begin([_run("r_kept")])
        for number in range(2500):
            state.begin([_run(f"r_{number}")])
            state.end([f"r_{number}"])
        assert (tmp_path / "slot-0" / "journal.jsonl").stat().st_size < 600_000
    with State(tmp_path, _SEAL) as state:
        assert [each.id for each in state.take_over().begun] == ["r_kept"]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnavailable, match="FAIRWAY_AGENT_STATE_DIR"):
        State(tmp_path / "file" / "state", _SEAL)


def test_dead_letters_are_bounded_and_found(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, _SEAL, most_bytes=5_000)
    for number in range(20):
        letters.keep(_report(f"r_{number}"))
    kept = [letter.invocation.id for letter in letters.all()]
    assert kept[-1] == "r_19", "the oldest give way"
    assert 0 < len(kept) < 20
    found = letters.find("r_19")
    assert found.document()["reason"] == "why"
    assert "top secret" not in str(found.document())
    letters.remove(found)
    with pytest.raises(NotFound, match="r_19"):
        letters.find("r_19")
