"""A reviewer who reads, in tests that are about something else: the bank's clock is moved on instead of waiting."""

from collections.abc import Iterable, Sequence

from bank.authoring import lifecycle, reading
from bank.authoring.people import Signer
from bank.store import Bank, BankItem, OpenBank


def read(bank: OpenBank, items: Iterable[BankItem], signer: Signer, *, at: Bank | None = None) -> None:
    """These items are put before the person, each for as long as it takes. `at`: where a bank is reached through its
    agent, the one behind it."""
    readings = (at or bank).readings
    before = readings.clock
    seconds = [int(before()) + 1]  # whole ones, for a fraction that is added to is another one
    readings.clock = lambda: seconds[0]
    try:
        reader = bank.readings.challenge()
        bank.readings.begin(reading.sign(bank.vault.name, signer, reader))
        for item in items:
            seconds[0] += bank.readings.show(reader, item.number).least_s
            bank.readings.read(reader)
    finally:
        readings.clock = before


def approve(bank: OpenBank, items: Sequence[BankItem], signer: Signer, *, at: Bank | None = None) -> None:
    """Read, then approved."""
    read(bank, items, signer, at=at)
    lifecycle.approve(bank, items, signer)
