"""The people of the demo data: verified from the start, WeChat users whose `js_code` is `local-<wechat_name>`.

They hold roles once `local.demo.data` has run. Numbers follow the rules and belong to no one in the samples.
"""

from typing import NamedTuple


class Demo(NamedTuple):
    """An invented person; the number follows the rules and belongs to no one in the samples."""

    wechat_name: str
    name: str
    number: str


COMMISSION = Demo("commission", "周明远", "42010019820415001X")
CITY = Demo("city", "陈思涵", "420100198709220028")
COUNTY = Demo("prefecture", "赵立新", "420100197901300031")
HOSPITAL = Demo("hospital", "林晓梅", "420100199003080048")
PEOPLE = (COMMISSION, CITY, COUNTY, HOSPITAL)


def make_people() -> None:
    """Make their accounts."""
    # Not at the top: the demo data is made by a client, which has none of the product's settings.
    from local.demo.administrators import make_verified

    for person in PEOPLE:
        make_verified(person)
