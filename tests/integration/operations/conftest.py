"""The operator's commands on moto, which is made fast enough for a directory."""

from local.moto_tables import hold_more_items

hold_more_items()
