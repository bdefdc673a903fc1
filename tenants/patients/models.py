"""Patient archives of one hospital."""
