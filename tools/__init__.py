"""What `make check`, `make requirements` and `make test` are made of; the product does not import it."""
