"""What requests imports of certifi: where the trust roots are. Here they are Debian's, as in Debian's own certifi."""


def where() -> str:
    """Return a directory instead of a bundle, so that OpenSSL reads only the root that a server's certificate needs."""
    return "/etc/ssl/certs"
