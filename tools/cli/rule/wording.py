"""A rule in words, whole: what an officer reads before signing it, and what changed against the version before.

Before: a checked rule. After: `tools.cli.rule.officers` shows it and asks for the passphrase.
"""

import sys
from collections.abc import Iterable

from bank.rules import Rule
from bank.rules.signed_rule import Officer
from bank.rules.strict_toml import decimal
from bank.subjects import told
from tools.cli.language import _, joined
from tools.cli.rule.names import cell_name, chapter_name, level_name, type_name


def show(rule: Rule) -> None:
    """On standard error, which stays readable where standard output goes to a program."""
    lines = [f"{rule.name}  ({rule.id} v{rule.version})", *_lines(_terms(rule))]
    lines += [_("The table, cell by cell:"), *_table(rule)]
    lines.append(_("rule hash {hash}", hash=rule.sha256))
    print("\n".join(lines), file=sys.stderr)


def differences(before: Rule | None, after: Rule) -> list[str]:
    """Field by field what changed; nothing for a first version."""
    if before is None:
        return []
    old, new = _terms(before) | _cells(before), _terms(after) | _cells(after)
    names = [*new, *(name for name in old if name not in new)]
    told = {name: f"{old.get(name, '—')} → {new.get(name, '—')}" for name in names if old.get(name) != new.get(name)}
    return [line.strip() for line in _lines(told)]


def names_of(officers: Iterable[Officer]) -> str:
    return joined(officer.name for officer in officers)


def records_of(officers: Iterable[Officer]) -> list[dict[str, str]]:
    """For `--json`."""
    return [{"id": officer.id, "name": officer.name} for officer in officers]


def in_force(rule: Rule) -> str:
    if rule.effective_to is None:
        return _("from {first} on", first=rule.effective_from)
    return _("{first} to {last}", first=rule.effective_from, last=rule.effective_to)


def _lines(told: dict[str, str]) -> list[str]:
    return ["  " + _("{field}: {text}", field=name, text=value) for name, value in told.items()]


def _table(rule: Rule) -> list[str]:
    """By chapter, by type and points; in one line the levels."""
    rows: dict[tuple[str, str, int, int], list[str]] = {}
    for cell in rule.cells_as_read:
        rows.setdefault((cell.chapter, cell.type, cell.points, cell.size), []).append(
            f"{level_name(cell.level)} {cell.count}"
        )
    lines, chapter = [], None
    for (code, type_, points, size), counts in rows.items():
        if code != chapter:
            lines.append("  " + _chapter(rule, code))
            chapter = code
        text = _("{type}, {points} points each: {counts}")
        if size > 1:
            text = _("{type}, groups of {size} items, {points} points each: {counts}")
        told = text.format(type=type_name(type_), points=points, size=size, counts=joined(counts))
        lines.append(f"    {told}")
    return lines


def _chapter(rule: Rule, code: str) -> str:
    title = chapter_name(code)
    return f"{title}  {rule.chapters[code].name}" if code in rule.chapters else title


def _terms(rule: Rule) -> dict[str, str]:
    """Every field but the cells, named and said in words; every default is said as well."""
    terms = {
        _("title of the rule"): rule.name,
        _("source"): rule.source,
        _("in force"): in_force(rule),
        _("subjects"): joined(map(told, rule.subjects)) or _("not said: items of every subject"),
        _("minutes"): str(rule.minutes),
        _("points in all"): str(rule.total_points),
        _("points to pass"): str(rule.pass_points),
        _("answer keys are read"): {"site": _("at the site"), "bureau": _("at the bureau")}[rule.grading],
        _("multiple answers score"): {
            "all-or-nothing": _("if exactly the right options are chosen"),
            "partial": _("in part, if no wrong option is chosen"),
        }[rule.multiple_scoring],
        _("order of items"): {
            "within-type": _("shuffled within each type"),
            "all": _("all shuffled together"),
            "none": _("not shuffled"),
        }[rule.item_order],
        _("order of types"): joined(type_name(type_) for type_ in rule.type_order),
        _("options"): _("shuffled") if rule.shuffle_options else _("not shuffled"),
        _("difficulty"): _difficulty(rule),
        _("session pool"): _("{n} times what a form takes", n=rule.pool_multiple),
        _("in common with another form"): _alike(rule),
        _("exposure"): _exposure(rule),
        _("overlap"): _overlap(rule),
        _("conduct"): _conduct(rule),
        _("mandatory tags"): joined(f"{tag} ≥ {n}" for tag, n in rule.mandatory.items()) or _("none"),
        _("trial draws"): _(
            "{share} at least admissible, {n} draws for a form at most", share=decimal(rule.min_accept), n=rule.attempts
        ),
    }
    for type_, margin in rule.types.items():
        terms[type_name(type_)] = _("{items} items of {points} points", items=margin.count, points=margin.points)
    for code, chapter in rule.chapters.items():
        terms[chapter_name(code)] = _("{points} points, {name}", points=chapter.points, name=chapter.name or "—")
    for level, points in rule.levels.items():
        terms[level_name(level)] = _("{points} points", points=points)
    return terms


def _cells(rule: Rule) -> dict[str, str]:
    units = _("{items} items of {points} points")
    groups = _("{groups} groups of {size} items of {points} points")
    return {
        cell_name(cell.stratum): (units if cell.size == 1 else groups).format(
            items=cell.count, groups=cell.count, size=cell.size, points=cell.points
        )
        for cell in rule.cells_as_read
    }


def _difficulty(rule: Rule) -> str:
    if rule.difficulty is None:
        return _("not held equal: forms differ as chance has it")
    tolerance = decimal(rule.difficulty.tolerance)
    if rule.difficulty.target is None:
        return _("within {tolerance} points of the pool's average", tolerance=tolerance)
    target = decimal(rule.difficulty.target)
    return _("within {tolerance} points of {target}", tolerance=tolerance, target=target)


def _alike(rule: Rule) -> str:
    most = decimal(rule.most_alike)
    if rule.alike is None:
        return _("{share} of the items at most, on average", share=most)
    return _("{share} of the items at most, on average: {reason}", share=most, reason=rule.alike.reason)


def _exposure(rule: Rule) -> str:
    limits = rule.exposure
    said = []
    if limits is not None and limits.sessions is not None:
        said.append(_("an item in {n} sessions at most", n=limits.sessions))
    if limits is not None and limits.candidates is not None:
        said.append(_("seen by {n} candidates at most", n=limits.candidates))
    if limits is not None and limits.rest_days is not None:
        said.append(_("again after {n} days", n=limits.rest_days))
    return joined(said) or _("not limited")


def _overlap(rule: Rule) -> str:
    if rule.overlap is None:
        return _("not limited")
    text = _("of each cell at most {share} from the last {n} sessions")
    return text.format(share=decimal(rule.overlap.share), n=rule.overlap.sessions)


def _conduct(rule: Rule) -> str:
    said = []
    for minutes, text in (
        (rule.conduct.added_minutes, _("{n} minutes added to a candidate at most")),
        (rule.conduct.paused_minutes, _("{n} minutes of pause at most")),
        (rule.conduct.presence_minutes, _("staff confirm presence every {n} minutes")),
    ):
        if minutes is not None:
            said.append(text.format(n=minutes))
    return joined(said) or _("not stated: 180 minutes added and 180 of pause at most")
