"""The session record: what was done, in order, durably, so that anyone can recompute what followed from it.

Before: delivery and the operator's commands. After: closing exports it; grading, verifying and results read the
export, never the database.

What an acknowledgement means: the entry, and every entry before it, has been committed with synchronous=FULL and
is chained. `writer` keeps that promise; nothing else writes.
"""
