"""Draws series of JSON lines as an SVG: a benchmark's with logarithmic axes, what a soak samples
with linear ones.

    plot.py [--linear] LINES SVG
"""

import json
import math
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 380, 260, 60, 40, 30


def read(path):
    series = {}
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if "series" in line:
                series.setdefault((line["series"], line["unit"]), []).append((line["x"], line["value"]))
    return series


def bounds(ys, linear):
    if linear:
        top = max(ys) or 1
        step = 10.0 ** math.floor(math.log10(top))
        return 0, math.ceil(top / step) * step
    low = math.floor(min(ys))
    return low, math.ceil(max(ys)) if max(ys) > low else low + 1


def ticks(low, high, linear):
    """Where lines are drawn, and what they are called."""
    if linear:
        return [(low + (high - low) * k / 4, f"{low + (high - low) * k / 4:g}") for k in range(5)]
    return [(decade, f"{10.0**decade:g}") for decade in range(low, high + 1)]


def panel(at, title, unit, points, linear):
    scale = float if linear else math.log10
    xs = [scale(x) for x, _ in points]
    ys = [scale(y) for _, y in points]
    low, high = bounds(ys, linear)
    span = max(xs) - min(xs) or 1

    def place(x, y):
        return (
            LEFT + (x - min(xs)) / span * (WIDTH - LEFT - 20),
            HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - BOTTOM - TOP),
        )

    out = [f'<g transform="translate({at},0)">', f'<text x="{WIDTH / 2}" y="18" text-anchor="middle">{title}</text>']
    for value, name in ticks(low, high, linear):
        _, y = place(min(xs), value)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
    labelled = [points[0][0], points[-1][0]] if linear else [x for x, _ in points]
    for x in labelled:
        px, _ = place(scale(x), low)
        name = f"{x:.0f} s" if linear else f"{x:g}"
        out.append(f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{name}</text>')
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(x, y) for x, y in zip(xs, ys)))
    out.append(f'<polyline points="{path}" fill="none" stroke="#0a6" stroke-width="2"/>')
    out.append(f'<text x="{LEFT}" y="{TOP - 2}" font-size="11">{unit}</text></g>')
    return out


def main():
    linear = sys.argv[1] == "--linear"
    source, target = sys.argv[1 + linear :]
    series = read(source)
    if not series:
        return 1
    body = []
    for number, ((title, unit), points) in enumerate(series.items()):
        body += panel(number * WIDTH, title, unit, points, linear)
    with open(target, "w", encoding="utf-8") as out:
        out.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(series)}" height="{HEIGHT}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        )
        out.write("\n".join(body) + "</svg>\n")
    return 0


sys.exit(main())
