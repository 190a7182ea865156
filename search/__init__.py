"""Described record in, hits out: one contract, several indexes."""
