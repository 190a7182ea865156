"""How long a record is kept, and what then: dates in, dates out."""
