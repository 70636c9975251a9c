"""Does a test notice? Changes one place of a module at a time and runs its tests: `uv run python -m tests.mutants`.

With names (`bank.composing.draw examd.delivery.hall`) only those modules; `--sample N` tries N mutants of each, the
same N every time. Nothing is written: each mutant is a process of its own, whose import of the module is altered.
Exit code 1 where a mutant survived that `ACCEPTED` does not explain.
"""

import argparse
import ast
import copy
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

import aiohttp  # noqa: F401  # these once, and not again in every process
import cryptography.x509  # noqa: F401
import hypothesis  # noqa: F401
import numpy  # noqa: F401
import pytest

from tests.accepted_mutants import ACCEPTED

TESTS = {
    "bank.composing.draw": ["bank/composing/test_draw.py"],
    "examd.grading.mark": ["examd/grading/test_mark.py"],
    "examd.rates.compute": ["examd/rates/test_rates.py"],
    "examd.rates.wilson": ["examd/rates/test_rates.py"],
    "examd.protocol.phase": ["examd/protocol/test_phase.py"],
    "examd.delivery.hall": ["examd/delivery/test_hall.py"],
    "examd.delivery.answers": ["examd/delivery/test_hall.py"],
}
ROOT = Path(__file__).parents[1]

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Add, ast.LShift: ast.RShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


def changes(node: ast.AST) -> Iterator[dict[str, object] | ast.AST]:
    """Every way of being wrong in this one place: other fields, or another node."""
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in SWAPS:
            yield {"op": SWAPS[type(node.op)]()}
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                yield {"ops": [*node.ops[:at], SWAPS[type(operator)](), *node.ops[at + 1 :]]}
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield {"value": not node.value}
        case ast.Constant(value=int() | float() as number):
            yield {"value": number + 1}
        case ast.Constant(value=str() as text):
            yield {"value": text + "?"}
        case ast.Constant(value=bytes() as data):
            yield {"value": data + b"?"}
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield {"func": ast.Name(CALLS[name], ast.Load())}
        case ast.IfExp():
            yield {"body": node.orelse, "orelse": node.body}
        case ast.If() | ast.While():
            yield {"test": ast.UnaryOp(ast.Not(), node.test)}
        case ast.Return(value=ast.expr()):
            yield {"value": ast.Constant(None)}
        case ast.Break() | ast.Continue() | ast.Raise() | ast.AugAssign() | ast.Assign() | ast.Expr(value=ast.Call()):
            yield ast.Pass()


class Mutation(ast.NodeTransformer):
    """Makes the change of number `wanted`; with None it only counts. Annotations and documentation are left alone."""

    def __init__(self, wanted: int | None = None) -> None:
        self.wanted, self.count, self.where, self.said = wanted, 0, [""], ""

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.where.append(f"{self.where[-1]}.{node.name}".strip("."))
        mutated: ast.AST | None = None
        for change in changes(node):
            if self.count == self.wanted:
                mutated = change if isinstance(change, ast.AST) else copy.copy(node)
                vars(mutated).update({} if isinstance(change, ast.AST) else change)
                self.said = f"{self.where[-1]}: {_short(node)} -> {_short(mutated)}"
            self.count += 1
        for field, old in ast.iter_fields(node):
            if field not in ("annotation", "returns", "decorator_list", "type_params") and not _prose(old):
                setattr(node, field, self._each(old))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.where.pop()
        return node if mutated is None else mutated

    def _each(self, old: object) -> object:
        if isinstance(old, list):
            return [self.visit(n) if isinstance(n, ast.AST) and not _prose(n) else n for n in old]
        return self.visit(old) if isinstance(old, ast.AST) else old


def _prose(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _short(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node)).partition("\n")[0]


def mutated(path: Path, wanted: int | None) -> tuple[ast.Module, Mutation]:
    mutation, tree = Mutation(wanted), ast.parse(path.read_text("utf-8"))
    mutation.visit(tree)
    return ast.fix_missing_locations(tree), mutation


def run(module: str, number: int | None) -> int:
    """In a new process: the module as its mutant of this number, and its tests. Returns the process id."""
    if pid := os.fork():
        return pid
    os.setsid()
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silent, stream)
    path = ROOT / (module.replace(".", "/") + ".py")

    class Loader(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType:
            return compile(mutated(path, number)[0], path, "exec")

    class Finder:
        def find_spec(self, name: str, where: object, target: object = None) -> ModuleSpec | None:
            found = name == module
            return importlib.util.spec_from_file_location(name, path, loader=Loader(name, str(path))) if found else None

    sys.meta_path.insert(0, Finder())
    tests = [str(ROOT / "tests" / each) for each in TESTS[module]]
    os._exit(pytest.main(["-q", "-x", "-n0", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *tests]))


def outcome(pid: int, until: float) -> int:
    """The exit code; a mutant that does not end is found out too."""
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGKILL


def survivors(module: str, sample: int | None) -> tuple[int, list[str]]:
    """How many were tried, and what was done to those that no test noticed."""
    began = time.monotonic()
    if outcome(run(module, None), began + 600) != 0:
        sys.exit(f"{module}: its tests fail as it is")
    patience_s = 10 + 5 * (time.monotonic() - began)
    path = ROOT / (module.replace(".", "/") + ".py")
    numbers = list(range(mutated(path, None)[1].count))
    if sample is not None and sample < len(numbers):
        numbers = sorted(random.Random(module).sample(numbers, sample))
    left: list[str] = []
    for first in range(0, len(numbers), os.cpu_count() or 1):
        together = {n: run(module, n) for n in numbers[first : first + (os.cpu_count() or 1)]}
        for number, pid in together.items():
            if outcome(pid, time.monotonic() + patience_s) == 0:
                left.append(mutated(path, number)[1].said)
    return len(numbers), left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--sample", type=int, metavar="N")
    args = parser.parse_args()
    unexplained = 0
    for module in args.modules or TESTS:
        tried, left = survivors(module, args.sample)
        new = [each for each in left if each not in ACCEPTED.get(module, {})]
        unexplained += len(new)
        print(
            f"{module}: {tried} mutants, {tried - len(left)} found, {len(left) - len(new)} alike, {len(new)} survived"
        )
        for each in new:
            print(f"  {each}", flush=True)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
