"""References that can be read out on the phone and not be guessed."""

import secrets

# Without 0/O, 1/I, Q and Z, which people mistake for one another.
ALPHABET = "23456789ABCDEFGHJKLMNPRSTUVWXY"
LENGTH = 8


def fresh() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(reference: str) -> str:
    """7F4K9MPR as 7F4K-9MPR."""
    return f"{reference[:4]}-{reference[4:]}"


def read(typed: str) -> str:
    """A reference as somebody types it: any case, with or without dashes and spaces."""
    return "".join(character for character in typed.upper() if character not in "- ")
