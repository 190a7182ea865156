"""How long, and what then: dates in, dates out."""
