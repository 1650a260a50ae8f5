"""Draws the series of a benchmark's JSON lines as an SVG, with logarithmic axes."""

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


def panel(at, title, unit, points):
    xs = [math.log10(x) for x, _ in points]
    ys = [math.log10(y) for _, y in points]
    low, high = math.floor(min(ys)), math.ceil(max(ys)) if max(ys) > math.floor(min(ys)) else math.floor(min(ys)) + 1
    span = max(xs) - min(xs) or 1

    def place(x, y):
        return (
            LEFT + (x - min(xs)) / span * (WIDTH - LEFT - 20),
            HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - BOTTOM - TOP),
        )

    out = [f'<g transform="translate({at},0)">', f'<text x="{WIDTH / 2}" y="18" text-anchor="middle">{title}</text>']
    for decade in range(low, high + 1):
        _, y = place(min(xs), decade)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    for (x, _), lx in zip(points, xs):
        px, _ = place(lx, low)
        out.append(f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:g}</text>')
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(x, y) for x, y in zip(xs, ys)))
    out.append(f'<polyline points="{path}" fill="none" stroke="#0a6" stroke-width="2"/>')
    out.append(f'<text x="{LEFT}" y="{TOP - 2}" font-size="11">{unit}</text></g>')
    return out


def main():
    series = read(sys.argv[1])
    if not series:
        return 1
    body = []
    for number, ((title, unit), points) in enumerate(series.items()):
        body += panel(number * WIDTH, title, unit, points)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(series)}" height="{HEIGHT}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        )
        out.write("\n".join(body) + "</svg>\n")
    return 0


sys.exit(main())
