#!/usr/bin/python3 -ISWignore
"""The image's entry point: `login`, or the command in its arguments."""

import gc
import sys

gc.disable()  # the process has ended before it would matter
if sys.flags.no_site:  # as in the image, where site would add this after a look around
    sys.path.append("/usr/lib/python3/dist-packages")

from sfjwt_action.process import defer_x509  # noqa: E402 -- found there

defer_x509()

from sfjwt_action.cli import main  # noqa: E402 -- many objects, none of which is garbage

if __name__ == "__main__":
    main(sys.argv[1:] or ["login"])
