"""Word files in the layouts that Chinese authors use, in and out."""
