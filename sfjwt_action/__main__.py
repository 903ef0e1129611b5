"""`python -m sfjwt_action` is `sfjwt`."""

from sfjwt_action.cli import main

main()
