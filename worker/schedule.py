"""What runs when."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

SWEEP = "feedback_loop.sweep"
SWEEP_EVERY = 5.0  # seconds

SCHEDULE = {"sweep": {"task": SWEEP, "schedule": SWEEP_EVERY}}


class Scheduler(PersistentScheduler):
    """Does the sweep itself, where it is due: in a queue it would wait behind the very work that it looks after."""

    def apply_async(self, entry: ScheduleEntry, producer: object = None, advance: bool = True, **options: Any) -> Any:
        if entry.task != SWEEP:
            return super().apply_async(entry, producer, advance, **options)
        from worker import tasks

        if advance:
            self.reserve(entry)
        return tasks.sweep()
