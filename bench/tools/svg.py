# SPDX-License-Identifier: MIT
"""Small multiples as SVG: panels of lines over logarithmic axes, one legend, each peer in its colour everywhere.

All dots of a line are one path, and so are its bars, which keeps files small; a line's <title> is its peer.
"""
import collections
import math
import zlib
from xml.sax.saxutils import escape

# y at x: the median, and what a thin bar covers.
Point = collections.namedtuple("Point", "x y low high")
# lines: {peer: [Point]}
Panel = collections.namedtuple("Panel", "title lines")
# Of all panels of a picture. notes: lines of text at its foot.
Frame = collections.namedtuple("Frame", "title x_label y_label notes columns", defaults=(3,))

# Colour by what a peer is, dashes by where it comes from ("": whole).
STYLES = {
    "stet": ("#0057b8", ""), "stet live": ("#d01c8b", ""), "stet atom": ("#0057b8", ""),
    "stet-live": ("#d01c8b", ""), "stet-atom": ("#0057b8", ""), "immer-atom": ("#e66101", ""),
    "stet live, measured": ("#7a0f50", "2 2"), "stet atom, measured": ("#002c5c", "2 2"), # beside bench/tools/scaling's
    "stet-sets": ("#56b4e9", "6 2"), "stet-withs": ("#56b4e9", "2 2"), "stet-loop": ("#0057b8", "2 2"),
    "stet-key": ("#0057b8", "6 2"), "stet-bytes": ("#56b4e9", ""), "stet-word": ("#0057b8", "6 2"),
    "stet-lazy": ("#56b4e9", "6 2"), "stet-runtime": ("#0057b8", "2 2"), "stet-fold": ("#56b4e9", "2 2"),
    "stet-hpp": ("#56b4e9", ""),
    "immer": ("#e66101", ""), "immer-vector": ("#e66101", "6 2"), "immer::atom": ("#e66101", ""),
    "c-rrb": ("#8c510a", ""), "absl": ("#1b9e77", ""), "std": ("#7b3294", ""), "deque": ("#7b3294", "6 2"),
    "im": ("#c00000", ""), "ocaml": ("#e66101", "2 2"), "lmdb": ("#66a61e", ""), "empty": ("#aaaaaa", "2 2"),
    "mutex": ("#7b3294", ""), "go mutex": ("#7b3294", "2 2"),
    "shared_mutex": ("#b8860b", ""), "go RWMutex": ("#b8860b", "2 2"),
    "copy-on-write": ("#777777", ""), "go copy-on-write": ("#777777", "2 2"),
    "arc-swap": ("#777777", "6 2"), "arc-swap, copy": ("#777777", "6 2"),
    "tbb": ("#1b9e77", ""), "libcuckoo": ("#66a61e", ""),
    "liburcu memb": ("#8c510a", ""), "liburcu qsbr": ("#8c510a", "6 2"),
    "dashmap": ("#c00000", "6 2"), "go sync.Map": ("#00a0b0", "2 2"),
}
OTHERS = ("#444444", "#a6761d", "#5e3c99", "#008837", "#ca0020")

PANEL_WIDTH, PANEL_HEIGHT = 300, 216
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 24, 36  # of a panel, around its axes
LEGEND_STEP, LEGEND_LINE = 150, 16
BACKGROUND = ("<style>text{font:10px sans-serif;fill:#222}.t{font-size:12px;font-weight:bold}"
              ".h{font-size:15px;font-weight:bold}.e{text-anchor:end}.m{text-anchor:middle}path{fill:none}"
              ".g{stroke:#e4e4e4}.a{stroke:#888}.l{stroke-width:1.5}.d{stroke-width:4.5;stroke-linecap:round}"
              ".b{stroke-width:.8}</style>"
              '<rect width="100%" height="100%" fill="#fff"/>')


def style(peer):
    return STYLES.get(peer) or (OTHERS[zlib.crc32(peer.encode()) % len(OTHERS)], "4 1 1 1")


def order(peer):
    """stet first, the rest by the table, unknown ones last."""
    return list(STYLES).index(peer) if peer in STYLES else len(STYLES), peer


def number(value):
    """As an axis says it."""
    for least, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= least:
            return f"{value / least:g}{unit}"
    return f"{value:g}"


def steps(low, high):
    """Round values around low to high: decades, or 1, 2, 5 where these are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0 ** d for d in decades]
    if math.log10(high / low) > 2.5:
        return tens
    fine = [m * t for t in tens for m in (1, 2, 5)]
    first = max(i for i, v in enumerate(fine) if v <= low * 1.000001)
    last = min(i for i, v in enumerate(fine) if v >= high * 0.999999)
    return fine[first:max(last, first + 1) + 1]


class Scale:
    """A logarithmic axis from `low` to `high` over pixels `start` to `end`."""

    def __init__(self, low, high, start, end):
        self.low, self.start = low, start
        self.per_log = (end - start) / math.log(high / low) if high > low else 0

    def __call__(self, value):
        return round(self.start + math.log(value / self.low) * self.per_log, 1)


def line(peer, points, x, y):
    colour, dashes = style(peer)
    at = [(x(p.x), y(p.y)) for p in points]
    bars = "".join(f"M{x(p.x):g} {y(p.low):g}V{y(p.high):g}" for p in points if p.high > p.low)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<g stroke="{colour}"><title>{escape(peer)}</title>'
            f'<path class="l"{dash} d="M{"L".join(f"{a:g} {b:g}" for a, b in at)}"/>'
            + (f'<path class="b" d="{bars}"/>' if bars else "")
            + f'<path class="d" d="{"".join(f"M{a:g} {b:g}h0" for a, b in at)}"/></g>')


def axes(frame, ticks_x, ticks_y, x, y):
    right, bottom = PANEL_WIDTH - RIGHT, PANEL_HEIGHT - BOTTOM
    grid = "".join(f"M{x(v):g} {TOP}V{bottom}" for v in ticks_x) + "".join(f"M{LEFT} {y(v):g}H{right}" for v in ticks_y)
    texts = [f'<text class="m" x="{x(v):g}" y="{bottom + 12}">{number(v)}</text>' for v in ticks_x]
    texts += [f'<text class="e" x="{LEFT - 4}" y="{y(v) + 3.5:g}">{number(v)}</text>' for v in ticks_y]
    middle = (TOP + bottom) / 2
    return (f'<path class="g" d="{grid}"/><path class="a" d="M{LEFT} {TOP}V{bottom}H{right}"/>' + "".join(texts) +
            f'<text class="m" x="{(LEFT + right) / 2:g}" y="{bottom + 26}">{escape(frame.x_label)}</text>'
            f'<text class="m" transform="translate(11 {middle:g})rotate(-90)">{escape(frame.y_label)}</text>')


def panel(frame, what, left, top):
    points = [p for some in what.lines.values() for p in some]
    ticks_x = sorted({p.x for p in points})
    ticks_y = steps(min(p.low for p in points), max(p.high for p in points))
    x = Scale(ticks_x[0], ticks_x[-1], LEFT + 8, PANEL_WIDTH - RIGHT - 8)
    y = Scale(ticks_y[0], ticks_y[-1], PANEL_HEIGHT - BOTTOM, TOP)
    lines = "".join(line(peer, sorted(what.lines[peer]), x, y) for peer in sorted(what.lines, key=order, reverse=True))
    return (f'<g transform="translate({left} {top})"><text class="t" x="{LEFT}" y="15">{escape(what.title)}</text>' +
            axes(frame, ticks_x, ticks_y, x, y) + lines + "</g>\n")


def legend(peers, width, top):
    """Its SVG, and its height."""
    across = max(1, (width - LEFT) // LEGEND_STEP)
    drawn = []
    for i, peer in enumerate(peers):
        left, middle = LEFT + i % across * LEGEND_STEP, top + i // across * LEGEND_LINE + 8
        colour, dashes = style(peer)
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        drawn.append(f'<path class="l" stroke="{colour}"{dash} d="M{left} {middle}h24"/>'
                     f'<path class="d" stroke="{colour}" d="M{left + 12} {middle}h0"/>'
                     f'<text x="{left + 29}" y="{middle + 3.5:g}">{escape(peer)}</text>')
    return "".join(drawn) + "\n", -(-len(peers) // across) * LEGEND_LINE


def draw(frame, panels):
    """The picture, as text. All values are above 0."""
    columns = min(frame.columns, len(panels))
    width = max(2, columns) * PANEL_WIDTH
    keys, height = legend(sorted({peer for p in panels for peer in p.lines}, key=order), width, 30)
    top = 36 + height
    drawn = [panel(frame, p, i % columns * PANEL_WIDTH, top + i // columns * PANEL_HEIGHT)
             for i, p in enumerate(panels)]
    foot = top + -(-len(panels) // columns) * PANEL_HEIGHT + 10
    notes = [f'<text x="{LEFT}" y="{foot + 13 * i}">{escape(note)}</text>\n' for i, note in enumerate(frame.notes)]
    total = foot + 13 * len(notes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" viewBox="0 0 {width} {total}">'
            f'<title>{escape(frame.title)}</title>{BACKGROUND}\n'
            f'<text class="h" x="{LEFT}" y="20">{escape(frame.title)}</text>\n' +
            keys + "".join(drawn) + "".join(notes) + "</svg>\n")
