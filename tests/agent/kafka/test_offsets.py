"""Which offsets may be committed: only the finished prefix of each partition, whatever happens (contract 19.1)."""

from __future__ import annotations

import threading

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fairway.agent.kafka.offsets import Offsets, Partition, Record
from fairway.agent.kafka.replays import Replays

P: Partition = ("o.runs", 0)
Q: Partition = ("o.runs", 1)


def _handed(offsets: Offsets, *numbers: int, partition: Partition = P) -> list[Record]:
    records = [offsets.hand_out(partition, number, b"") for number in numbers]
    assert all(records)
    return [record for record in records if record is not None]


def test_only_the_finished_prefix_is_committed() -> None:
    offsets = Offsets()
    offsets.assign([P])
    first, second, third = _handed(offsets, 5, 6, 9)
    assert offsets.committable() == []
    offsets.finish(second)
    assert offsets.committable() == []
    offsets.finish(first)
    assert offsets.committable() == [(P, 7)], "the offset after the last finished one"
    offsets.committed([(P, 7)])
    assert offsets.committable() == []
    offsets.finish(third)
    assert offsets.committable() == [(P, 10)], "gaps are compacted messages or control records"
    assert offsets.held == 0


def test_partitions_do_not_wait_for_each_other() -> None:
    offsets = Offsets()
    offsets.assign([P, Q])
    _handed(offsets, 0)
    (other,) = _handed(offsets, 3, partition=Q)
    offsets.finish(other)
    assert offsets.committable() == [(Q, 4)]
    assert offsets.committable([P]) == []


def test_a_failed_commit_is_repeated() -> None:
    offsets = Offsets()
    offsets.assign([P])
    (record,) = _handed(offsets, 0)
    offsets.finish(record)
    offsets.committed([(P, 1)])
    offsets.commit_failed(P)
    assert offsets.committable() == [(P, 1)]
    offsets.commit_failed(("other", 9))


def test_a_dropped_message_holds_back_what_follows() -> None:
    offsets = Offsets()
    offsets.assign([P])
    first, second, third = _handed(offsets, 0, 1, 2)
    offsets.finish(first)
    offsets.finish(third)
    offsets.drop(second)
    assert offsets.committable() == [(P, 1)]
    assert offsets.held == 0


def test_work_in_hand_is_not_begun_again_when_the_partition_comes_back() -> None:
    offsets = Offsets()
    offsets.assign([P])
    first, second = _handed(offsets, 0, 1)
    offsets.revoke([P])
    assert not offsets.wanted(first)
    offsets.forget([P])
    offsets.assign([P])
    assert offsets.hand_out(P, 0, b"") is None, "it is in hand still"
    assert offsets.hand_out(P, 1, b"") is None
    assert offsets.wanted(second), "what comes again may begin"
    assert offsets.held == 2
    offsets.finish(first)
    assert offsets.committable() == [(P, 1)]
    offsets.finish(second)
    assert offsets.committable() == [(P, 2)]


def test_what_is_done_and_not_committed_is_not_done_again_when_the_partition_comes_back() -> None:
    offsets = Offsets()
    offsets.assign([P])
    for record in _handed(offsets, 0, 1, 2):
        offsets.finish(record)
    offsets.commit_succeeded(P, 1)
    offsets.forget([P])
    offsets.assign([P])
    assert offsets.hand_out(P, 1, b"") is None
    assert offsets.hand_out(P, 2, b"") is None
    assert offsets.committable() == [(P, 3)]
    offsets.commit_succeeded(P, 3)
    assert offsets._progress[P].finished == set(), "nothing piles up"


def test_other_messages_with_the_same_offsets_are_other_messages() -> None:
    """A topic that was deleted and made anew counts from 0 again."""
    offsets = Offsets()
    offsets.assign([P])
    done, open_ = (offsets.hand_out(P, number, b"old") for number in (0, 1))
    assert done is not None
    assert open_ is not None
    offsets.finish(done)
    offsets.forget([P])
    offsets.assign([P])
    assert offsets.hand_out(P, 0, b"new") is not None
    second = offsets.hand_out(P, 1, b"new")
    assert second is not None
    offsets.finish(open_)
    assert offsets.committable() == []


def test_what_is_finished_after_the_partition_is_lost_is_not_committed() -> None:
    offsets = Offsets()
    offsets.assign([P])
    (record,) = _handed(offsets, 0)
    offsets.forget([P])
    offsets.finish(record)
    assert offsets.committable() == []
    assert offsets.held == 0
    assert offsets.assigned() == []


def test_a_late_drop_does_not_touch_a_new_assignment() -> None:
    offsets = Offsets()
    offsets.assign([P])
    old, _ = _handed(offsets, 0, 1)
    offsets.forget([P])
    offsets.assign([P])
    assert offsets.hand_out(P, 0, b"") is None
    (new,) = _handed(offsets, 7)
    offsets.drop(old)
    offsets.finish(new)
    assert offsets.held == 1, "number 1 of the old assignment is in hand"


def test_crowded_partitions() -> None:
    offsets = Offsets()
    offsets.assign([P, Q])
    records = _handed(offsets, *range(5))
    _handed(offsets, 0, partition=Q)
    for record in records[1:]:
        offsets.finish(record)
    assert offsets.crowded(5) == [P], "what lies behind an unfinished message counts, finished or not"
    offsets.finish(records[0])
    offsets.committable()
    assert offsets.crowded(5) == []


def test_waiting_for_work_in_hand() -> None:
    offsets = Offsets()
    offsets.assign([P])
    (record,) = _handed(offsets, 0)
    assert not offsets.wait_until_idle([P], 0.01)
    threading.Timer(0.05, offsets.finish, [record]).start()
    assert offsets.wait_until_idle([P, ("unknown", 1)], 10)


class OneConsumer(RuleBasedStateMachine):
    """A partition that comes and goes, with messages that finish in any order. Whatever was committed is finished."""

    def __init__(self) -> None:
        super().__init__()
        self.offsets = Offsets()
        self.next = 0
        self.broker = 0
        """What the brokers have as committed."""
        self.ours = False
        self.open: list[Record] = []
        self.done: set[int] = set()

    @precondition(lambda self: not self.ours)
    @rule()
    def assign(self) -> None:
        self.offsets.assign([P])
        self.ours = True
        self.next = self.broker

    @precondition(lambda self: self.ours)
    @rule(count=st.integers(1, 4))
    def fetch(self, count: int) -> None:
        for _ in range(count):
            record = self.offsets.hand_out(P, self.next, b"")
            if record is not None:
                self.open.append(record)
            self.next += 1

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        record = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.done.add(record.offset)
        self.offsets.finish(record)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def drop_what_is_not_wanted(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.open) - 1))
        if not self.offsets.wanted(self.open[at]):
            self.offsets.drop(self.open.pop(at))

    @rule()
    def commit(self) -> None:
        positions = self.offsets.committable(self.offsets.assigned())
        self.offsets.committed(positions)
        for _, position in positions:
            self._accept(position)

    @precondition(lambda self: self.ours)
    @rule(lost=st.booleans())
    def revoke(self, lost: bool) -> None:
        if not lost:
            self.offsets.revoke([P])
            for _, position in self.offsets.committable([P]):
                self._accept(position)
        self.offsets.forget([P])
        self.ours = False

    def _accept(self, position: int) -> None:
        assert position >= self.broker, "commits never go back"
        assert set(range(position)) <= self.done, f"{position} is committed, and {self.done} is finished"
        self.broker = position

    @invariant()
    def counts_what_is_open(self) -> None:
        assert self.offsets.held == len(self.open)

    def teardown(self) -> None:
        """Once everything is finished and nothing is taken away, everything is committed."""
        if not self.ours:
            self.assign()
        while self.next < max([*self.done, self.broker - 1, *(each.offset for each in self.open)], default=-1) + 1:
            self.fetch(1)
        for record in [*self.open]:
            if self.offsets.wanted(record):
                self.done.add(record.offset)
                self.offsets.finish(record)
                self.open.remove(record)
        self.commit()
        if not self.open:
            assert self.broker == self.next


TestOneConsumer = OneConsumer.TestCase
TestOneConsumer.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_large_windows_stay_fast() -> None:
    offsets = Offsets()
    offsets.assign([P])
    records = _handed(offsets, *range(50_000))
    for record in reversed(records):
        offsets.finish(record)
        if record.offset % 100 == 0:
            offsets.committable()
    assert offsets.committable() == [(P, 50_000)]


def test_copies_are_told_from_repetitions() -> None:
    replays = Replays()
    assert not replays.copied("a", P, 1)
    assert not replays.copied("a", P, 1), "the same place again"
    assert replays.copied("a", P, 2)
    assert replays.copied("a", Q, 1)
    for number in range(20_000):
        replays.copied(f"s{number}", P, number)
    assert len(replays._places) == 10_000
