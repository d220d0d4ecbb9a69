"""What every operation costs: counted on moto with all tests, and on MiniStack by `make bench ROWS=units`."""

from local.moto_tables import hold_more_items

hold_more_items()
