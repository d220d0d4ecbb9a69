"""What is measured in a process of its own, each of them the same thing built in another way."""
