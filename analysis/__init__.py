"""Text in, findings out: no database, no web, no queue. The one door is `pipeline`."""
