"""The product with some settings of its own, as another environment would give them."""

import contextlib
import os
from collections.abc import Iterator

from functions.shared.config import settings


@contextlib.contextmanager
def configured(**values: str) -> Iterator[None]:
    """While entered, settings have these values; names are those of the fields."""
    before = {name: os.environ.get(name.upper()) for name in values}
    os.environ.update({name.upper(): value for name, value in values.items()})
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name.upper()]
            else:
                os.environ[name.upper()] = value
        settings.cache_clear()
