"""``python -m tlnb``: the command line where no ``tlnb`` is on the path."""

from __future__ import annotations

from tlnb.cli import main

if __name__ == "__main__":
    main()
