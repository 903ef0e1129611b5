"""`python -m sfjwt_action` is `sfjwt`."""

import sys

from sfjwt_action.cli import main

sys.exit(main())
