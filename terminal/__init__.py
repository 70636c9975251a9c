"""The candidate's screen. Of ours it imports `examd.protocol` only."""
