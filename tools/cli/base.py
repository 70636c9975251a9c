"""How a command line is declared: a group of commands, one command, its help, and what many of them take.

Before: a shell. After: the command's own function, which imports what it needs when it runs.
"""

import argparse
import difflib
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import east_asian_width

from bank.refused import BadFile
from tools.cli.language import LANGUAGES, _, joined, plain

Name = TypeVar("Name", str, Path)
Value = TypeVar("Value")

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


class _Once(argparse._StoreAction):
    """Of a value given twice the last would count, for an act that the first was meant for."""

    def __call__(
        self, command: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given: set[str] = vars(namespace).setdefault("_given", set())
        if option is not None and self.dest in given:
            command.error(_("{option} is given twice: it takes one value", option=option))
        given.add(self.dest)
        super().__call__(command, namespace, values, option)


class Careful(argparse.ArgumentParser):
    """An option that takes one value is not taken twice; a slip in a name is told the nearest name."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for kind in (None, "store"):
            self.register("action", kind, _Once)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            raise argparse.ArgumentError(None, _nearest(str(value), list(action.choices)))
        super()._check_value(action, value)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, except that nothing is left unknown: then the program ends."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said by the command that does not know it, which can name what it knows
            self.error(_nearest(unknown[0], list(self._option_string_actions)))
        return found, unknown


def _nearest(word: str, known: list[str]) -> str:
    """That `word` is unknown, and what was probably meant."""
    found = difflib.get_close_matches(word.partition("=")[0], known, n=1, cutoff=0.5)
    if found:
        return _("{word} is unknown. Did you mean {nearest}?", word=plain(word), nearest=found[0])
    names = joined(name for name in known if not name.startswith("-"))
    text = _("{word} is unknown. Known are: {names}") if names else _("{word} is unknown. See --help")
    return text.format(word=plain(word), names=names)


class Command(Careful):
    """One command. What many commands take is declared here, in the same words everywhere."""

    def takes_bank(self, *, passphrase: bool = True) -> None:
        self.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
        if passphrase:
            self.takes_file("--passphrase-file", _("read the bank's passphrase here"))

    def takes_item(self) -> None:
        self.add_argument("item", metavar="ITEM", help=_("code of the item, or the beginning of its id"))

    def takes_items(self) -> None:
        self.add_argument("items", nargs="*", metavar="ITEM", help=_("code of the item, or the beginning of its id"))

    def takes_question_files(self) -> None:
        self.add_argument("files", type=Path, nargs="+", metavar="FILE", help=_("question files"))
        self.takes_media()

    def takes_media(self) -> None:
        self.add_argument("--media", type=Path, metavar="DIR", help=_("the folder that holds the pictures"))

    def takes_key(self, option: str = "--as", *, required: bool = True) -> None:
        """The key file of whoever signs; not required where a bank of samples asks for no signature."""
        self.add_argument(option, dest="key", type=Path, required=required, metavar="FILE", help=_("your key file"))
        self.takes_file("--key-passphrase-file", _("read your passphrase here"))

    def takes_signers(self, text: str = "") -> None:
        """Who takes items out of the bank (`text`: when); nobody has to say it in a bank of samples."""
        self.takes_file("--as", text or _("your key file"), dest="key")
        self.takes_file("--key-passphrase-file", _("read your passphrase here"))
        above = _("key file of a second person, who signs with you; needed above 300 items a day")
        self.takes_file("--second", above if not text else _("key file of the second person"))
        self.takes_file("--second-passphrase-file", _("read the second person's passphrase here"))

    def takes_file(self, option: str, text: str, **more: Any) -> None:
        self.add_argument(option, type=Path, metavar="FILE", help=text, **more)


class Actor(Careful):
    """`examd bank` and its like: declares its commands when it is asked for one, as `examd --help` never does."""

    later: Callable[[], None] | None = None

    def declare(self) -> None:
        later, self.later = self.later, None
        if later is not None:
            later()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.declare()
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        self.declare()
        return super().format_help()


class Commands:
    """The commands of one actor. Each ends its help with an example, and has --json and --lang."""

    def __init__(
        self,
        subparsers: "SubParsers",
        actor: str,
        text: str,
        more: str,
        example: str,
        declare: "Callable[[Commands], None] | str",
    ) -> None:
        """`declare` adds them, or names ("module:function") what does."""
        self.actor = actor
        self.parser = subparsers.add_parser(
            actor, help=text, description=more, epilog=_example(example), formatter_class=help_formatter()
        )
        self._declare = _Late(declare) if isinstance(declare, str) else declare
        if isinstance(self.parser, Actor):
            self.parser.later = self._all
        else:
            self._all()

    def _all(self) -> None:
        self.subparsers: Any = self.parser.add_subparsers(
            dest="command", required=True, metavar=_("COMMAND"), prog=f"examd {self.actor}", parser_class=Command
        )
        self._declare(self)
        for command in self.subparsers.choices.values():
            takes_language(command)

    def add(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int] | str,
        text: str,
        more: str,
        example: str,
        *,
        reports: bool = True,
    ) -> Command:
        """`run` may be a name, "module:function": imported when the command is given. A screen reports nothing."""
        command: Command = self.subparsers.add_parser(
            name, help=text, description=more, epilog=_example(example), formatter_class=help_formatter()
        )
        if reports:
            command.add_argument("--json", action="store_true", help=_("print the report as JSON"))
        command.set_defaults(run=_Late(run) if isinstance(run, str) else run)
        return command

    def arrange(self, parts: Mapping[str, str]) -> None:
        """Lists the commands under titles, in this order, instead of one after the other."""
        listed = {action.dest: action for action in self.subparsers._choices_actions}
        options = self.parser._action_groups.pop()
        for title, names in parts.items():
            part = self.parser.add_argument_group(title)
            part._group_actions += [listed.pop(name) for name in names.split()]
        self.parser._action_groups.append(options)
        assert not listed, listed
        # Shells and error messages name the commands in the order of these two.
        order = [name for names in parts.values() for name in names.split()]
        self.subparsers._choices_actions.sort(key=lambda action: order.index(action.dest))
        for name in order:
            self.subparsers.choices[name] = self.subparsers.choices.pop(name)
        assert self.parser._subparsers is not None
        self.parser._subparsers._group_actions.remove(self.subparsers)


class _Late:
    def __init__(self, name: str) -> None:
        self._module, _colon, self._function = name.partition(":")

    def function(self) -> Callable[[Any], Any]:
        """What is called. Raises ImportError, AttributeError: when there is nothing of that name."""
        found: Callable[[Any], Any] = getattr(importlib.import_module(self._module), self._function)
        return found

    def __call__(self, given: Any) -> Any:
        return self.function()(given)


def takes_language(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=_("language of messages (default: zh)")
    )


def _example(line: str) -> str:
    return _("Example: {example}", example=line)


def by_name(given: Iterable[tuple[Name, Value]]) -> dict[Name, Value]:
    """What was given for each name. Raises BadFile: two different things for one name."""
    found: dict[Name, Value] = {}
    for name, value in given:
        if found.setdefault(name, value) != value:
            raise BadFile("given-twice", name=str(name), first=found[name], second=value)
    return found


def some(items: Sequence[str]) -> list[str]:
    """The items named, each once. Raises BadFile: when none is named, for an act on nothing would look done."""

    if not items:
        raise BadFile("items-not-named")
    return list(dict.fromkeys(items))


# ---- types -----------------------------------------------------------------------------------------------------------


def positive(text: str) -> int:
    """A type for argparse. Raises ArgumentTypeError: when that is no whole number of 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(_("{text} is not a whole number of 1 or more", text=text))
    return number


def port(text: str) -> int:
    """A type for argparse. Raises ArgumentTypeError: when that is no port; 0 is any free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(_("{text} is not a port: 0 to 65535, 0 for any free one", text=text))
    return int(text)


def day(word: str) -> date:
    """A type for argparse. Raises ArgumentTypeError: when that is no date (YYYY-MM-DD)."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{word} is no date (YYYY-MM-DD)", word=word)) from None


# ---- help ------------------------------------------------------------------------------------------------------------


def help_formatter() -> type[argparse.HelpFormatter]:
    """Colours where a person reads; the plain formatter for a file or a pipe, which also comes 70 ms sooner."""
    if not sys.stdout.isatty():
        return _Plain
    from rich.containers import Lines
    from rich.text import Text
    from rich_argparse import RichHelpFormatter

    class Coloured(RichHelpFormatter):
        def format_help(self) -> str:
            return _full_width(super().format_help())

        def _rich_split_lines(self, text: Text, width: int) -> Lines:
            text, lines, at = self._rich_whitespace_sub(text), Lines(), 0
            for line in broken(text.plain, width):
                at = text.plain.index(line, at)
                lines.append(text[at : at + len(line)])
                at += len(line)
            return lines

        def _rich_fill_text(self, text: Text, width: int, indent: Text) -> Text:
            return Text("\n").join(indent + line for line in self._rich_split_lines(text, width)) + "\n\n"

    return Coloured


class _Plain(argparse.HelpFormatter):
    """Breaks lines by the cells they take: argparse counts characters, and a Chinese one is two cells wide."""

    def format_help(self) -> str:
        return _full_width(super().format_help())

    def _split_lines(self, text: str, width: int) -> list[str]:
        return broken(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in broken(text, width - len(indent)))


_PIECE = re.compile(r"[\u2e80-\uffef][，。、；：？！）」』》”…]*|[^\s\u2e80-\uffef]+[，。、；：？！）」』》”…]*|\s+")
"""A line may end behind any Chinese character, but none begins with a mark that closes."""


def broken(text: str, width: int) -> list[str]:
    """Lines of at most so many cells."""
    lines, line = [], ""
    for piece in _PIECE.findall(text.strip()):
        word = " " if piece.isspace() else piece
        if line and cells(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()]


def cells(text: str) -> int:
    """How many a terminal gives the text."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _full_width(text: str) -> str:
    """argparse sets its own colon behind a heading; behind a Chinese one stands a Chinese colon."""
    return re.sub(r"(?m)(?<=[\u4e00-\u9fff]):(?=(\x1b\[[\d;]*m)*$)", "：", text)
