"""Letters three lines high, for what must be read from a distance or copied by hand: the clock, the receipt.

Five rows of dots, drawn two to a cell with half blocks. Knows only what a clock and a receipt code
(`examd.protocol.receipt`) can contain; digits and letters differ in width, so that 8 and B, 0 and D are told apart.
"""

_DOTS = {
    "0": "###/# #/# #/# #/###",
    "1": " # /## / # / # /###",
    "2": "###/  #/###/#  /###",
    "3": "###/  #/ ##/  #/###",
    "4": "# #/# #/###/  #/  #",
    "5": "###/#  /###/  #/###",
    "6": "###/#  /###/# #/###",
    "7": "###/  #/  #/ # / # ",
    "8": "###/# #/###/# #/###",
    "9": "###/# #/###/  #/###",
    "A": " ## /#  #/####/#  #/#  #",
    "B": "### /#  #/### /#  #/### ",
    "C": " ###/#   /#   /#   / ###",
    "D": "### /#  #/#  #/#  #/### ",
    "E": "####/#   /### /#   /####",
    "F": "####/#   /### /#   /#   ",
    "G": " ###/#   /# ##/#  #/ ###",
    "H": "#  #/#  #/####/#  #/#  #",
    "J": "  ##/   #/   #/#  #/ ## ",
    "K": "#  #/# # /##  /# # /#  #",
    "M": "#   #/## ##/# # #/#   #/#   #",
    "N": "#   #/##  #/# # #/#  ##/#   #",
    "P": "### /#  #/### /#   /#   ",
    "Q": " ## /#  #/#  #/# ##/ ###",
    "R": "### /#  #/### /# # /#  #",
    "S": " ###/#   / ## /   #/### ",
    "T": "#####/  #  /  #  /  #  /  #  ",
    "V": "#   #/#   #/#   #/ # # /  #  ",
    "W": "#   #/#   #/# # #/## ##/#   #",
    "X": "#   #/ # # /  #  / # # /#   #",
    "Y": "#   #/ # # /  #  /  #  /  #  ",
    "Z": "####/   #/ ## /#   /####",
    "-": "  /  /##/  /  ",
    ":": " /#/ /#/ ",
    " ": "  /  /  /  /  ",
}
_HALVES = {("#", "#"): "█", ("#", " "): "▀", (" ", "#"): "▄", (" ", " "): " "}


def big(text: str) -> tuple[str, str, str]:
    """`text` as three lines of equal length."""
    glyphs = [_DOTS[character].split("/") for character in text]
    dots = [" ".join(glyph[row] for glyph in glyphs) for row in range(5)]
    dots.append(" " * len(dots[0]))
    lines = ["".join(_HALVES[pair] for pair in zip(dots[row], dots[row + 1], strict=True)) for row in (0, 2, 4)]
    return lines[0], lines[1], lines[2]
