"""`python -m inkdream` is the command `inkdream`."""

from inkdream.cli import main

if __name__ == "__main__":
    main()
