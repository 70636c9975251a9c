"""Writing and reviewing: people, drafts, approvals, an item's life, and questions that repeat each other."""
