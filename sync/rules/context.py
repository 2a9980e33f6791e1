"""What a rule sees of the operation it judges, and where it puts what it finds."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from forms.problem import Problem, pointer_to
from grid_map.days import count_day, day_start_ms
from sync.clock import capped, moment_ms
from sync.operation import Operation
from sync.record import Record
from sync.world import Author, World

_EARLIEST_MS = day_start_ms(date.min)
_LATEST_MS = day_start_ms(date.max)


def day_of(at_ms: int) -> date:
    """The day in Asia/Shanghai; whatever a broken phone says, some day of the calendar."""
    return count_day(min(max(at_ms, _EARLIEST_MS), _LATEST_MS))


def captured_day(operation: Operation, now_ms: int) -> date:
    """The day of capture in Asia/Shanghai by corrected time; a mended operation keeps the first one's.

    A clock ahead of its receipt counts as in merging, or a phone set to a day to come had that day's rights now.
    """
    said = operation.captured if operation.mends and operation.captured else operation.clock
    return _day_of_hour(capped(said, now_ms)[:13])


@lru_cache(maxsize=1024)
def _day_of_hour(hour: str) -> date:
    """The day of a clock's hour (`2026-11-23T08`): the zone is whole hours off UTC."""
    return day_of(moment_ms(hour + ":00:00Z"))


class Context:
    """One operation under judgement. Rules append to `problems` (reject) and `remarks` (tell)."""

    __slots__ = ("author", "day", "now_ms", "operation", "problems", "record", "remarks", "world")

    def __init__(
        self,
        operation: Operation,
        author: Author,
        world: World,
        record: Record | None,
        now_ms: int,
        day: date,
    ) -> None:
        self.operation = operation
        self.author = author
        self.world = world
        self.record = record
        self.now_ms = now_ms
        self.day = day
        self.problems: list[Problem] = []
        self.remarks: list[Problem] = []

    @property
    def creating(self) -> bool:
        """Whether the operation makes a new record."""
        return self.record is None

    @property
    def village(self) -> str:
        """Where the record is, or will be."""
        return self.operation.village if self.record is None else self.record.village

    def on_duty(self) -> bool:
        """Whether the rota puts the author at the village's window on the day of capture."""
        return self.author.is_server or self.world.on_duty(self.author.worker, self.village, self.day)

    def reject(self, field: str, code: str, message: str, message_en: str) -> None:
        """A reason to reject, at a field (empty for the operation as a whole)."""
        pointer = pointer_to("fields", field) if field else ""
        self.problems.append(Problem(pointer=pointer, code=code, message=message, message_en=message_en))

    def remark(self, code: str, message: str, message_en: str) -> None:
        """Something to tell the worker, who did nothing wrong."""
        self.remarks.append(
            Problem(pointer="", code=code, message=message, message_en=message_en, remark=True)
        )

    def take(self, field: str, found: list[Problem]) -> None:
        """Problems found by `forms`, put under the field that they are about."""
        for problem in found:
            at = Problem(
                pointer=pointer_to("fields", field),
                code=problem.code,
                message=problem.message,
                message_en=problem.message_en,
                remark=problem.remark,
            )
            (self.remarks if problem.remark else self.problems).append(at)

    def take_all(self, found: list[Problem]) -> None:
        """Problems found by `forms` whose pointers name the fields themselves."""
        for problem in found:
            self.take(problem.pointer.removeprefix("/").replace("~1", "/").replace("~0", "~"), [problem])

    def judge_worker(self, field: str) -> None:
        """Whoever is named is somebody: what is given to nobody would be in nobody's sight."""
        named = self.operation.fields.get(field)
        for worker in named if isinstance(named, list) else [named]:
            if isinstance(worker, str) and self.world.name_of(worker) is None:
                self.reject(field, "unknown-worker", "没有这位工作者，请重新选择", "nobody has this id")
