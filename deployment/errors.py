"""What can go wrong on the way to AWS; the message is for the person at the terminal."""


class DeploymentFailed(Exception):
    """A package cannot be built as it should, or AWS refused it."""
