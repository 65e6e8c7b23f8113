"""What can go wrong with the models, in words for the person who has to put it right."""


class ModelError(Exception):
    """The models cannot be used; the message says in plain words why and what to do."""
