"""What runs when."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

SWEEP = "feedback_loop.sweep"
SWEEP_EVERY = 5.0  # seconds

LEARN = "feedback_loop.learn_where_due"
LOOK_EVERY = 300.0  # whether it is time; when it was last stands in a row

SCHEDULE = {
    "sweep": {"task": SWEEP, "schedule": SWEEP_EVERY},
    "learn": {"task": LEARN, "schedule": LOOK_EVERY},
}


class Scheduler(PersistentScheduler):
    """Does the sweep itself, where it is due: in a queue it would wait behind the very work that it looks after."""

    def apply_async(self, entry: ScheduleEntry, producer: object = None, advance: bool = True, **options: Any) -> Any:
        if entry.task not in (SWEEP, LEARN):
            return super().apply_async(entry, producer, advance, **options)
        from worker import tasks

        if advance:
            self.reserve(entry)
        return tasks.sweep() if entry.task == SWEEP else tasks.ask_where_due()
