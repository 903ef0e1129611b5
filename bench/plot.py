"""A bar chart as SVG, in colors that read on white and on black."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _BAR, _GAP, _LEFT, _TOP = 720, 22, 14, 250, 48


def bars(title: str, values: Sequence[tuple[str, float, float]], *, ours: str) -> str:
    """Draw a bar for each value.

    Args:
        title: What the bars show.
        values: Names, seconds, and how many times the floor that is.
        ours: Which of them is in color.
    """
    longest = max(seconds for _, seconds, _ in values)
    height = _TOP + len(values) * (_BAR + _GAP)
    shapes = [f'<text x="0" y="20" font-size="15" font-weight="bold">{escape(title)}</text>']
    for number, (name, seconds, times) in enumerate(values):
        y = _TOP + number * (_BAR + _GAP)
        length = max(2, round((_WIDTH - _LEFT - 140) * seconds / longest))
        color = "#2f81f7" if name == ours else "#8b949e"
        shapes += [
            f'<text x="{_LEFT - 8}" y="{y + 16}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{length}" height="{_BAR}" fill="{color}"/>',
            f'<text x="{_LEFT + length + 8}" y="{y + 16}">{seconds * 1e3:.0f} ({times:.1f} times)</text>',
        ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' font-family="sans-serif" font-size="13" fill="#6e7681">\n{chr(10).join(shapes)}\n</svg>\n'
    )
