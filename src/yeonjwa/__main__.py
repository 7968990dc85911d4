"""``python -m yeonjwa``: the same as the command ``yeonjwa``."""

import sys

from yeonjwa.cli import main

if __name__ == "__main__":
    sys.exit(main())
