"""`python -m operations`."""

from operations.cli import main

if __name__ == "__main__":  # an import's other processes look in here too
    main()
