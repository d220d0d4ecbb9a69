"""What a command prints."""

import sys


def refuse(*messages: object) -> int:
    """Print messages to standard error; the exit code of a command that was refused."""
    for message in messages:
        print(message, file=sys.stderr)
    return 1
