"""Errors that keep the local org from starting."""


class LocalOrgError(Exception):
    """The local org can't start. The message is a sentence for the person who started it."""
