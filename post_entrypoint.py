#!/usr/bin/python3 -ISWignore
"""The post step's entry point: revoke the token that the main step saved in its state."""

import gc
import sys

gc.disable()  # the process exits before it would matter
if sys.flags.no_site:  # in the image, where site would search for this
    sys.path.append("/usr/lib/python3/dist-packages")

from sfjwt_action.imports import speed_up_imports  # noqa: E402 -- found there

speed_up_imports()

from sfjwt_action.process import harden  # noqa: E402 -- imported faster by now

harden()

from sfjwt_action.cli import main  # noqa: E402 -- it loads OpenSSL, which has to be hardened by now

if __name__ == "__main__":
    main(["revoke", "--from-state"])
