"""The words of the dialect: columns out of requests, results out of answers and views."""

from institution_connectors.adapters.exchange_db.mapping import care, views
from institution_connectors.adapters.exchange_db.mapping.answers import Answered, result_of
from institution_connectors.adapters.exchange_db.mapping.asking import WRITERS, columns_of
from institution_connectors.adapters.exchange_db.mapping.words import Row, Words, digest

READERS = {**views.READERS, **care.READERS}

__all__ = ["READERS", "WRITERS", "Answered", "Row", "Words", "columns_of", "digest", "result_of"]
