"""What every floor shares: files, cache, tables, figures, metrics, errors."""
