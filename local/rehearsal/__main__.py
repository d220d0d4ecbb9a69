"""`python -m local.rehearsal`: the dress rehearsal."""

import sys

from local.rehearsal.main import main

sys.exit(main())
