"""What runs when."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

SWEEP = "feedback_loop.sweep"
SWEEP_EVERY = 5.0  # seconds

LEARN = "feedback_loop.learn_where_due"
LOOK_EVERY = 300.0  # whether it is time; when it was last stands in a row

PROFILES = "feedback_loop.wake_for_profiles"
PROFILES_EVERY = 1.0  # a decision is in the profile within five

REPORTS = "feedback_loop.begin_due_reports"

SCHEDULE = {
    "sweep": {"task": SWEEP, "schedule": SWEEP_EVERY},
    "learn": {"task": LEARN, "schedule": LOOK_EVERY},
    "profiles": {"task": PROFILES, "schedule": PROFILES_EVERY},
    "reports": {"task": REPORTS, "schedule": LOOK_EVERY},
}


class Scheduler(PersistentScheduler):
    """Looks itself for what is due: in a queue that would wait behind the very work that it looks after."""

    def apply_async(self, entry: ScheduleEntry, producer: object = None, advance: bool = True, **options: Any) -> Any:
        from worker import tasks

        own = {
            SWEEP: tasks.sweep,
            LEARN: tasks.ask_where_due,
            PROFILES: tasks.wake_for_profiles,
            REPORTS: tasks.begin_due_reports,
        }
        if entry.task not in own:
            return super().apply_async(entry, producer, advance, **options)
        if advance:
            self.reserve(entry)
        return own[entry.task]()
