"""What can keep the local org from starting."""


class LocalOrgError(Exception):
    """The local org cannot start; its message is a sentence for the person who started it."""
