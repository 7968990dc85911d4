"""``python -m yeonjwa``: the same as the command ``yeonjwa``."""

from yeonjwa.cli import entry

if __name__ == "__main__":
    entry()
