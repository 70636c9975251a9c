"""Two spreads side by side, drawn with characters for the terminal and as SVG for paper; used by `rule try`.

Numbers on the axes are round, and shares are shown in per cent: whoever looks at it need not know what a bin is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ROWS, _BAR = 20, 22
"""Lines at most, and cells of the longest bar."""


def histogram(values: Sequence[float], low: float, step: float, bins: int) -> list[float]:
    """The share of `values` in each of `bins` from `low`; what lies outside counts in the outermost."""
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, floor((value - low) / step + 1e-9)))] += 1
    return [count / max(1, len(values)) for count in counts]


def round_step(span: float, parts: int) -> float:
    """The least of 1, 2, 5 × 10ⁿ of which `parts` cover `span`."""
    if span <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(span / parts))
    return next(power * each for each in (1, 2, 5, 10) if power * each * parts >= span * (1 - 1e-9))


def bars(left: Sequence[float], right: Sequence[float]) -> list[str]:
    """Two sets of chances: a line for each range of chances, with the share of each set that lies in it."""
    ends = sorted((*left, *right))
    low, high = ends[len(ends) // 400], ends[-1 - len(ends) // 400]
    step = next(
        each for each in (0.005, 0.01, 0.02, 0.025, 0.05, 0.1) if high - low <= each * (_ROWS - 1) or each == 0.1
    )
    places = int(step in (0.005, 0.025))
    start = floor(low / step + 1e-9)
    bins = max(1, ceil(high / step - 1e-9) - start)
    shares = [histogram(values, start * step, step, bins) for values in (left, right)]
    most = max(max(each) for each in shares) or 1.0
    lines = []
    for n, (one, other) in enumerate(zip(*shares, strict=True)):
        ends_at = f"{(start + n) * step * 100:4.{places}f}～{(start + n + 1) * step * 100:.{places}f}%"
        lines.append(f"{ends_at:<{8 + 2 * places}}│{_bar(one, most)} │{_bar(other, most)}".rstrip())
    return lines


def _bar(share: float, most: float) -> str:
    whole, rest = divmod(round(share / most * _BAR * 8), 8)
    bar = "█" * whole + (_EIGHTHS[rest] if rest else "")
    said = f" {share:.0%}" if share >= 0.005 else ""
    return f"{bar}{said}".ljust(_BAR + 5)


@dataclass(frozen=True)
class Panel:
    """Two series on one axis. `share`: the values are chances, shown in per cent."""

    title: str
    sentence: str
    """What to see in it."""
    series: tuple[tuple[str, Sequence[float]], tuple[str, Sequence[float]]]
    share: bool = False

    def ends(self) -> tuple[float, float]:
        both = sorted(value for _name, values in self.series for value in values)
        return both[len(both) // 400], both[-1 - len(both) // 400]


_INK, _GREY, _GRID, _COLOURS = "#222", "#555", "#ddd", ("#1b6ca8", "#c8791a")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BINS = 760, 370, 74, 24, 86, 60


def svg(title: str, subtitle: str, axis: str, panels: Sequence[Panel]) -> str:
    """One panel below the other: the first series above the line, the second mirrored below it. `axis`: what height
    shows."""
    whole = _TOP + _HEIGHT * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {whole}" width="{_WIDTH}" height="{whole}" '
        "font-family=\"'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', sans-serif\">",
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{whole}" fill="#fff"/>',
        _text(_LEFT, 32, title, 18, weight="bold"),
        _text(_LEFT, 54, subtitle, 12, colour=_GREY),
    ]
    for n, panel in enumerate(panels):
        parts += _panel(panel, axis, _TOP + n * _HEIGHT)
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, axis: str, y: float) -> list[str]:
    low, high = panel.ends()
    tick = round_step(high - low, 8)
    low, high = floor(low / tick + 1e-9) * tick, ceil(high / tick - 1e-9) * tick
    high = max(high, low + tick)
    ticks = round((high - low) / tick)
    each = tick / max(1, _BINS // ticks)  # bins end where ticks stand
    bins = round((high - low) / each)
    shares = [histogram(values, low, each, bins) for _name, values in panel.series]
    most = max(max(those) for those in shares) or 1.0
    x, width, top, bottom = _LEFT, _WIDTH - _LEFT - _RIGHT, y + 44, y + _HEIGHT - 72
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    parts = [_text(x, y + 8, panel.title, 14, weight="bold"), _text(x, y + 28, panel.sentence, 12, colour=_GREY)]
    for n in range(ticks + 1):
        at, value = x + width * n / ticks, low + tick * n
        parts.append(f'<line x1="{at:.1f}" y1="{top}" x2="{at:.1f}" y2="{bottom}" stroke="{_GRID}"/>')
        said = f"{value:.{_places(tick * 100)}%}" if panel.share else f"{value:.{_places(tick)}f}"
        parts.append(_text(at, bottom + 16, said, 11, anchor="middle"))
    rung = round_step(most, 3)
    for n in range(-floor(most / rung + 1e-9), floor(most / rung + 1e-9) + 1):
        at = middle - half * n * rung / most
        parts.append(f'<line x1="{x}" y1="{at:.1f}" x2="{x + width}" y2="{at:.1f}" stroke="{_GRID}"/>')
        parts.append(_text(x - 6, at + 4, f"{abs(n) * rung:.{_places(rung * 100)}%}", 11, anchor="end"))
    step = width / bins
    for up, (name, _values), those, colour in zip((True, False), panel.series, shares, _COLOURS, strict=True):
        for n, share in enumerate(those):
            tall = share / most * half
            if tall > 0:
                start = middle - tall if up else middle
                parts.append(
                    f'<rect x="{x + n * step + 0.5:.1f}" y="{start:.1f}" width="{max(step - 1, 0.5):.1f}" '
                    f'height="{tall:.1f}" fill="{colour}"/>'
                )
        parts.append(_text(x + width - 4, top + 14 if up else bottom - 6, name, 12, "end", colour))
    parts.append(f'<line x1="{x}" y1="{middle}" x2="{x + width}" y2="{middle}" stroke="{_INK}"/>')
    parts.append(_text(x, bottom + 34, axis, 11, colour=_GREY))
    return parts


def _places(tick: float) -> int:
    """Decimals that tell one tick from the next."""
    return max(0, -floor(log10(tick) + 1e-9)) if tick > 0 else 0


def _text(
    x: float, y: float, text: str, size: int, anchor: str = "start", colour: str = _INK, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
