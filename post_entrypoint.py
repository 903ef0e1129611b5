#!/usr/bin/python3 -IWignore
"""The post step's entry point: revoke what the main step left in its state."""

import gc

gc.disable()  # the process has ended before it would matter

from sfjwt_action.cli import main  # noqa: E402 -- many objects, none of which is garbage

if __name__ == "__main__":
    main(["revoke", "--from-state"])
