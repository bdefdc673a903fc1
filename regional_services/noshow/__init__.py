"""爽约名单: visits nobody came to, what follows from them, and how to appeal."""
