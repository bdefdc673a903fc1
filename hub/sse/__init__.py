"""Server-sent events: a page is told that something changed and then asks for it over its usual, guarded address."""
