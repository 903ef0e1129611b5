#!/opt/sfjwt/bin/python -I
"""The image's entry point: `login`, or the command in its arguments."""

import sys

from sfjwt_action.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["login"]))
