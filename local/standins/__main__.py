"""`python -m local.standins`: what is outside AWS."""

from local.standins.server import main

main()
