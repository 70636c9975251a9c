"""Mutants that no test can or need notice, and why. Module -> what was changed -> reason."""

ACCEPTED: dict[str, dict[str, str]] = {
    "bank.composing.draw": {
        ": 'T' -> 'T?'": "a type variable's name",
        "Stream: __slots__ = ('_at', '_bytes', '_xof') -> pass": "memory, not meaning",
        "Stream.__init__: b'' -> b'?'": "the buffer is shorter than one word still, and squeezed anew",
        "Stream.words: end > len(self._bytes) -> end >= len(self._bytes)": "squeezes once more than needed",
        "Stream.words: 2 -> 3": "how far the buffer grows ahead",
        "Stream.sample: word < span -> word <= span": "a quick look before the exact one beside it",
    },
    "examd.delivery.hall": {"Stage: 5 -> 6": "a number that only orders"},
    "examd.grading.mark": {
        "item_points: picked < right -> picked <= right": "equal sets were answered two lines above",
        "_original_options: sorted({OPTION_LETTERS.index(order[position]) for position in displayed}) -> "
        "list({OPTION_LETTERS.index(order[position]) for position in displayed})": "CPython's sets of 0..9 ascend",
    },
    "examd.rates.compute": {
        ": 1 -> 2": "size of a working copy",
        ": 16 -> 17": "size of a working copy",
        "by_institution: True -> False": "names and counts are made of one length",
    },
}
