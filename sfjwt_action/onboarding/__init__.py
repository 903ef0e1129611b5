"""What a first login needs, and its renewal: `sfjwt init` and `sfjwt inspect`.

Menu names are those of Setup in Lightning Experience.
"""
