"""From this code to AWS: packages, the finished template, and the one way to deploy them.

`target` says what Lambda runs; `wheels`, `bytecode`, `pruning` and `archive` make zips for it; `code` is the functions'
zip, `layers` the layers', `template` finishes what Chalice and `infra/` give together, `package` does it all within a
budget, `deploy` brings it to an account. Nothing of this is shipped.
"""
