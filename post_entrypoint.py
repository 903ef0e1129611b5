#!/opt/sfjwt/bin/python -I
"""The post step's entry point: revoke what the main step left in its state."""

import sys

from sfjwt_action.cli import main

if __name__ == "__main__":
    sys.exit(main(["revoke", "--from-state"]))
