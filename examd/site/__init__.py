"""The site's own side: its folder, and a session from opening to the graded result."""
