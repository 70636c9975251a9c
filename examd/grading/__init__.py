"""Marks: answer keys + answers -> marks -> the result, in a short-lived process of its own."""
