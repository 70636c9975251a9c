"""The agent: one process that keeps a shared bank open for stated hours, and the line that commands reach it by.

The key is rebuilt, used and forgotten inside the agent. What crosses the line is the methods of a bank's parts, by
name: their signatures say how arguments and results are read on either end, so a `RemoteBank` is used and checked as a
Bank is: both are an `OpenBank`. A method crosses only if ACTS lists it, and ACTS says what it lets out: contents are
counted, answer keys are counted against the bound, changes are noted; each before it takes effect. `bank close`, the
hour, or a signal ends it.

It runs as the keeper's own user. Another program of that user can ask it for what the keeper could ask for, within the
same bound and into the same journal; it cannot read the key out of its memory (no core, no ptrace), nor can another
user reach it.

Before: `bank.custody` opens. After: tools ask through `connect`.
"""

from bank.agent.acts import ACTS
from bank.agent.process import start
from bank.agent.remote import RemoteBank, absence, connect, require
from bank.agent.serving import Agent
from bank.hardening import harden

__all__ = ["ACTS", "Agent", "RemoteBank", "absence", "connect", "harden", "require", "start"]
