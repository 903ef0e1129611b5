"""From nothing to a first login: `sfjwt init` and `sfjwt inspect`.

Menu names are those of Setup in Lightning Experience.
"""
