"""Orders, legs, attempts, refunds, ledger."""
