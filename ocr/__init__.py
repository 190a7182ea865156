"""Pixels in, text out: files and arrays in, values out, no state."""
