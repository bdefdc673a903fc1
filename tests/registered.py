"""People the city's register of the sandbox knows; the list is the sandbox's own, shown on its control page."""

from datetime import UTC, datetime
from itertools import count

from sandbox.outside.people import person


def _adult(first: int) -> int:
    return next(index for index in count(first) if int(person(index).document_number[6:10]) < 2000)


REGISTERED = person(_adult(42))
RELATIVE = person(_adult(60))
CHILD = person(
    next(index for index in count(60) if int(person(index).document_number[6:10]) > datetime.now(UTC).year - 13)
)
