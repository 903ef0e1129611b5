#!/usr/bin/python3 -ISWignore
"""The image's entry point: `login`, or the command in its arguments."""

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
    main(sys.argv[1:] or ["login"])
