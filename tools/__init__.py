"""Command lines and consoles: thin edges that may import everything and are imported by nobody."""
