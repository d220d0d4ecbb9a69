"""`python -m local.demo`: the whole journey, step by step."""

import sys

from local.demo.walk import main

sys.exit(main())
