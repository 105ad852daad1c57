"""A run as a picture: which stage ran when, memory and busy cores over time, as one SVG without scripts."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise

from benchmarks.processes import Sample

_WIDTH, _LEFT, _RIGHT = 960, 90, 20
_BAND, _CHART, _GAP = 26, 130, 44
_COLORS = ("#31688e", "#35b779", "#c2571a", "#7b5ea7", "#b8860b", "#5f6b6d")


def draw_run(title: str, stages: Mapping[str, tuple[float, float]], samples: Sequence[Sample]) -> str:
    """Return an SVG of a run; `stages` are (began, ended) in seconds, by name."""
    end = max([1.0, *(s.at_s for s in samples), *(ended for _, ended in stages.values())])

    def x(seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / end

    parts: list[str] = []
    top = 40
    for number, (name, (began, ended)) in enumerate(stages.items()):
        color = _COLORS[number % len(_COLORS)]
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect x="{x(began):.1f}" y="{top + 3}" width="{max(x(ended) - x(began), 1):.1f}" height="{_BAND - 8}"'
            f' rx="3" fill="{color}"/>'
        )
        is_late = x(ended) > _WIDTH - 80  # no room behind it
        at, anchor = (x(began) - 4, "end") if is_late else (x(ended) + 4, "start")
        parts.append(f'<text x="{at:.1f}" y="{top + 16}" text-anchor="{anchor}">{ended - began:.0f} s</text>')
        top += _BAND
    top += 24
    memory = [(s.at_s, s.memory / 1e9) for s in samples]
    parts += _curve("memory, GB", memory, top, x, _COLORS[0], floor=8.0)
    top += _CHART + _GAP
    parts += _curve("busy cores", _busy(samples), top, x, _COLORS[1], floor=2.0)
    top += _CHART
    for minute in range(int(end // 60) + 1):
        step = 1 if end < 900 else 5
        if minute % step == 0:
            parts.append(f'<text x="{x(minute * 60):.1f}" y="{top + 18}" text-anchor="middle">{minute} min</text>')
    height = top + 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="12" fill="#333"><title>{escape(title)}</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def _busy(samples: Sequence[Sample], every: int = 10) -> list[tuple[float, float]]:
    """Return the cores that were busy, over spans of some samples."""
    some = samples[::every]
    return [(b.at_s, max((b.cpu_s - a.cpu_s) / (b.at_s - a.at_s), 0.0)) for a, b in pairwise(some) if b.at_s > a.at_s]


def _curve(
    name: str,
    points: Sequence[tuple[float, float]],
    top: int,
    x: Callable[[float], float],
    color: str,
    floor: float,
) -> list[str]:
    highest = max([floor, *(value for _, value in points)])

    def y(value: float) -> float:
        return top + _CHART * (1 - value / highest)

    line = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
    marks = [0.0, highest / 2, highest]
    return [
        f'<text x="{_LEFT}" y="{top - 8}" font-weight="600">{escape(name)}</text>',
        *(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(m):.1f}" y2="{y(m):.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y(m) + 4:.1f}" text-anchor="end">{m:.1f}</text>'
            for m in marks
        ),
        f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.5"/>',
    ]
