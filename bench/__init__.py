"""Measurements that print ratios: `make bench`. `budgets.json` says what each may be, `rows/` how it is measured."""
