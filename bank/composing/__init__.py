"""From a bank to forms: what may be used, the session pool, the draw, and how alike the forms are."""
