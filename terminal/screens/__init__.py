"""One screen for each stage of the sitting (`terminal.seat.stage`)."""
