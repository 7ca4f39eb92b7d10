"""``python -m corpusprep`` is the command ``corpusprep``."""

from corpusprep.cli import main

if __name__ == "__main__":
    main()
