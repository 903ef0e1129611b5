"""Set up a login and rotate its key: `sfjwt init` and `sfjwt inspect`.

Menu names are those of Setup in Lightning Experience.
"""
