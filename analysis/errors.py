"""What can go wrong with models and files, in words for the person who has to put it right."""


class ModelError(Exception):
    """The models cannot be used; the message says in plain words why and what to do."""


class UnreadableFile(ValueError):
    """Nothing can be made of a file; the message says why and quotes none of it."""
