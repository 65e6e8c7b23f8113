"""How many of how many, in words and numbers: one fixed scale, so that “few” says the same on every page.

docs/guide/plans.md has the scale as people read it.
"""

NONE, ALL = "none", "all"
# Up to so many of a hundred, the bound among them. From 90 on it is “nearly all”.
SCALE = ((10, "very few"), (25, "few"), (45, "some"), (55, "about half"))
MOST, NEARLY_ALL = "most", "nearly all"
NEARLY = 90


def words(number: int, of: int) -> str:
    """The word for `number` of `of`. ValueError where there are not so many, or none to be one of."""
    if not 0 <= number <= of or of == 0:
        raise ValueError(f"{number} of {of} is no share")
    if number in (0, of):
        return NONE if number == 0 else ALL
    if number * 100 >= NEARLY * of:
        return NEARLY_ALL
    return next((word for most, word in SCALE if number * 100 <= most * of), MOST)


def told(number: int, of: int) -> str:
    """ "very few: 3 of 30" """
    return f"{words(number, of)}: {number:,} of {of:,}" if of else "none to count"


def plural(number: int, one: str, many: str = "") -> str:
    """The number with what it counts: "1 organisation", "1,200 organisations"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
