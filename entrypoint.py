#!/usr/bin/python3 -IWignore
"""The image's entry point: `login`, or the command in its arguments."""

import gc
import sys

gc.disable()  # the process has ended before it would matter

from sfjwt_action.cli import main  # noqa: E402 -- many objects, none of which is garbage

if __name__ == "__main__":
    main(sys.argv[1:] or ["login"])
