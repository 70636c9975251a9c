"""The desk of authors and reviewers: `examd bank browse`. Screens draw and ask; every rule is in `bank`."""
