#!/opt/sfjwt/bin/python -I
"""The post step's entry point: `revoke`."""

import sys

from sfjwt_action.cli import main

if __name__ == "__main__":
    sys.exit(main(["revoke"]))
