"""Containers and locks: how a secret is sealed to a passphrase, a person or a code. Knows nothing of exams."""
