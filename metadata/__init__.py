"""Text in, described record out: no database, no HTTP."""
