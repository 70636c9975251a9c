"""Refusals of `examd terminal`, before the screen opens."""

from tools.say import N_

SENTENCES = {
    "trust-unreadable": N_("{file} is not a readable PEM file with a certificate: this terminal could trust no server"),
}
