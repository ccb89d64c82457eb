"""Claims: planned before anything runs, judged by evidence, shown as cards, entered in the ledger, kept in records."""
