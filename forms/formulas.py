"""Text that a spreadsheet program would take for a formula, and run."""

import re

# An apostrophe before it says that it is text; one that stood there already gets another.
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """The text so that a spreadsheet program shows it and runs nothing; `unguarded` undoes it."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
