"""`python -m local.aws`: AWS of the local run."""

from local.aws.server import main

main()
