"""The parts of the screens. Each is one Board: a function of its state, drawn with the line API."""
