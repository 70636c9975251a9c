"""What a leak costs, and whom it leads to."""
