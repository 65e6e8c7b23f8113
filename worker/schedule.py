"""What runs when."""

SWEEP = "feedback_loop.sweep"
SWEEP_EVERY = 5.0  # seconds

# A sweep that could not run in time is dropped: the next one does the same.
SCHEDULE = {"sweep": {"task": SWEEP, "schedule": SWEEP_EVERY, "options": {"expires": SWEEP_EVERY}}}
