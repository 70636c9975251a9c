"""Two spreads side by side, drawn with characters for the terminal and as SVG for paper; used by `rule try`."""

from collections.abc import Sequence
from html import escape

BINS = 25
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def histogram(values: Sequence[float], low: float, high: float, bins: int = BINS) -> list[float]:
    """The share of `values` in each of equal bins from `low` to `high`; what lies outside counts in the outermost."""
    counts = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins) if high > low else 0
        counts[min(bins - 1, max(0, place))] += 1
    return [count / max(1, len(values)) for count in counts]


def bars(left: Sequence[float], right: Sequence[float], low: float, high: float, width: int = 30) -> list[str]:
    """One line a bin: its lower edge, `left` as a bar, `right` as a bar, on one scale."""
    most = max((*left, *right)) or 1.0
    lines = []
    for n, (one, other) in enumerate(zip(left, right, strict=True)):
        edge = low + (high - low) * n / len(left)
        lines.append(f"{edge:5.2f} │{_bar(one / most, width)}│{_bar(other / most, width).rstrip()}")
    return lines


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


Series = tuple[str, Sequence[float]]
Panel = tuple[str, float, float, Series, Series]
"""Title, lower and upper end, and the two series with their names."""

_INK, _GRID, _COLOURS = "#222", "#ddd", ("#1b6ca8", "#c8791a")


def svg(title: str, subtitle: str, panels: Sequence[Panel]) -> str:
    """One panel below the other: this rule above the line, plain drawing mirrored below it."""
    width, height, left, right, top = 760, 300, 70, 30, 96
    whole = top + height * len(panels) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" width="{width}" height="{whole}" '
        'font-family="\'Noto Sans CJK SC\', \'Source Han Sans SC\', \'Microsoft YaHei\', sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{whole}" fill="#fff"/>',
        _text(left, 34, title, 18, weight="bold"),
        _text(left, 58, subtitle, 12, colour="#555"),
    ]
    for n, panel in enumerate(panels):
        parts += _panel(panel, left, top + n * height, width - left - right, height - 70)
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, x: float, y: float, width: float, height: float) -> list[str]:
    title, low, high, *series = panel
    shares = [histogram(values, low, high) for _, values in series]
    most, middle = max(max(each) for each in shares) or 1.0, y + 20 + (height - 20) / 2
    parts = [_text(x, y + 8, title, 13, weight="bold")]
    for tick in range(6):
        at, value = x + width * tick / 5, low + (high - low) * tick / 5
        parts.append(f'<line x1="{at:.1f}" y1="{y + 20}" x2="{at:.1f}" y2="{y + height}" stroke="{_GRID}"/>')
        parts.append(_text(at, y + height + 16, f"{value:.2f}", 11, anchor="middle"))
    step, half = width / BINS, (height - 20) / 2 - 2
    for up, (name, _values), each, colour in zip((True, False), series, shares, _COLOURS, strict=True):
        for n, share in enumerate(each):
            tall = share / most * half
            if tall > 0:
                start = middle - tall if up else middle
                parts.append(
                    f'<rect x="{x + n * step + 1:.1f}" y="{start:.1f}" width="{step - 2:.1f}" height="{tall:.1f}" '
                    f'fill="{colour}"/>'
                )
        parts.append(_text(x + width - 4, middle - half + 10 if up else middle + half - 2, name, 12, "end", colour))
    parts.append(f'<line x1="{x}" y1="{middle}" x2="{x + width}" y2="{middle}" stroke="{_INK}"/>')
    return parts


def _text(
    x: float, y: float, text: str, size: int, anchor: str = "start", colour: str = _INK, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
