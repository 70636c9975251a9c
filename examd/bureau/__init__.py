"""The bureau's own side: its office folder, its rosters, the codes it has not given out yet. Never loaded by a site."""
