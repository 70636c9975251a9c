"""Items that one body lends another: signed slices, what they permit, and how they end."""
