# SPDX-License-Identifier: GPL-3.0-or-later
"""A plot of lines as an SVG, both axes logarithmic, without a library."""

import math
from html import escape

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 250, 40, 50  # what is left free around the plot
_COLOURS = ["#c0392b", "#e67e22", "#b7950b", "#7f8c8d", "#2471a3", "#1e8449", "#884ea0", "#17202a", "#a04000"]
_LINE = 18  # of the legend


def plot(title: str, across: str, up: str, lines: dict[str, list[tuple[float, float]]],
         dashed: set[str] = frozenset()) -> str:
    """Lines by their names, each with its points; those whose names are in dashed are."""
    sizes, values = ([point[side] for line in lines.values() for point in line] for side in range(2))
    x = _Axis(math.log10(min(sizes)), math.log10(max(sizes)), _LEFT, _WIDTH - _RIGHT)
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    y = _Axis(powers[0], powers[-1], _HEIGHT - _BOTTOM, _TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
             ' font-family="sans-serif" font-size="12">',
             f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
             _text(_LEFT, 22, title, 'font-size="15"'),
             _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, across, 'text-anchor="middle"'),
             _text(0, 0, up, f'text-anchor="middle" transform="translate(16 {_HEIGHT / 2}) rotate(-90)"')]
    for value in sorted(set(sizes)):
        parts += [_stroke(x.at(value), _TOP, x.at(value), _HEIGHT - _BOTTOM),
                  _text(x.at(value), _HEIGHT - _BOTTOM + 16, f"{value:g}", 'text-anchor="middle"')]
    for value in (10.0 ** power for power in powers):
        parts += [_stroke(_LEFT, y.at(value), _WIDTH - _RIGHT, y.at(value)),
                  _text(_LEFT - 6, y.at(value) + 4, f"{value:g}", 'text-anchor="end"')]
    for number, (name, line) in enumerate(lines.items()):
        style = (f'stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2" fill="none"'
                 + (' stroke-dasharray="6 4"' if name in dashed else ""))
        at = " ".join(f"{x.at(each[0]):.1f},{y.at(each[1]):.1f}" for each in line)
        legend, down = _WIDTH - _RIGHT + 15, _TOP + 10 + number * _LINE
        parts += [f'<polyline points="{at}" {style}/>',
                  f'<path d="M{legend} {down - 4}h22" {style}/>', _text(legend + 28, down, name)]
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """low and high are the logarithms of the values at its ends."""

    def __init__(self, low: float, high: float, begin: float, end: float):
        self._low, self._high = low, max(high, low + 0.1)
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'


def _stroke(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#dddddd"/>'
