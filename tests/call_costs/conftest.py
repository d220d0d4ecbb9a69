"""What every operation costs: counted on moto with all tests, and on MiniStack by `make bench ROWS=units`."""

from local.aws.moto_tables import patch_moto_tables

patch_moto_tables()
