"""Charts as SVG, readable on light and on dark pages, with the numbers in
them."""

import math
from xml.sax.saxutils import escape

STYLE = '''
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .note { font-size: 11px; fill: #57606a }
    .grid { stroke: #d0d7de; stroke-width: 1 }
    .a { fill: #b35900; stroke: #b35900 }
    .b { fill: #0969da; stroke: #0969da }
    .c { fill: #6e7781; stroke: #6e7781 }
    .line { fill: none; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .grid { stroke: #3d444d }
      .a { fill: #f0883e; stroke: #f0883e }
      .b { fill: #58a6ff; stroke: #58a6ff }
      .c { fill: #9198a1; stroke: #9198a1 }
    }
  </style>
'''


def short(value, unit=''):
    """1234567 as 1.2M."""
    for limit, letter in ((1e6, 'M'), (1e3, 'k')):
        if abs(value) >= limit:
            value, unit = value / limit, letter + unit
            break
    return ('%.0f' if value >= 100 or value == int(value)
            else '%.1f' if value >= 10 else '%.2g') % value + unit


def microseconds(value):
    for limit, unit in ((1e6, 's'), (1e3, 'ms')):
        if value >= limit:
            return '%s %s' % (short(value / limit), unit)
    return '%s us' % short(value)


def document(width, height, title, note, body):
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
            'width="%d" height="%d" role="img" aria-label="%s">%s'
            '  <text class="title" x="8" y="22">%s</text>\n%s'
            '  <text class="note" x="8" y="%d">%s</text>\n</svg>\n' % (
                width, height, width, height, escape(title, {'"': '&quot;'}),
                STYLE, escape(title), body, height - 10, escape(note)))


def bars(title, note, rows, names, write=microseconds):
    """Horizontal bars on a logarithmic scale; a row is a label and a value
    for each of "names"."""
    width, left, right = 760, 210, 90
    values = [v for _, row in rows for v in row if v]
    low = math.floor(math.log10(min(values)))
    high = math.log10(max(values))
    scale = (width - left - right) / (high - low)
    body, y = '', 46
    for n, name in enumerate(names):
        body += ('  <rect class="%s" x="%d" y="%d" width="12" height="12"/>'
                 '<text x="%d" y="%d">%s</text>\n' % (
                     'abc'[n], left + 170 * n, y - 11, left + 18 + 170 * n,
                     y, escape(name)))
    y += 16
    for label, row in rows:
        body += '  <text x="8" y="%d">%s</text>\n' % (
            y + 7 * len(row) + 4, escape(label))
        for n, value in enumerate(row):
            size = max(2, (math.log10(value) - low) * scale)
            body += ('  <rect class="%s" x="%d" y="%d" width="%.1f" '
                     'height="12"/><text class="note" x="%.1f" y="%d">%s'
                     '</text>\n' % ('abc'[n], left, y, size, left + size + 6,
                                    y + 10, escape(write(value))))
            y += 15
        y += 9
    return document(width, y + 26, title, note + '; logarithmic scale', body)


def curve(title, note, xlabel, lines, write=short):
    """Lines over the same logarithmic x axis; a line is a name and points.
    Each has a scale of its own, from zero, and its values beside it."""
    width, height, left = 760, 300, 60
    right, top, bottom = 150, 50, 230
    xs = sorted({x for _, points, _ in lines for x, _ in points})
    low, high = math.log10(xs[0]), math.log10(xs[-1])

    def place(x):
        share = (math.log10(x) - low) / (high - low) if high > low else 0.5
        return left + share * (width - left - right)

    body = '  <line class="grid" x1="%d" y1="%d" x2="%d" y2="%d"/>\n' % (
        left, bottom, width - right, bottom)
    for x in xs:
        body += ('  <line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>'
                 '<text class="note" x="%.1f" y="%d" text-anchor="middle">%s'
                 '</text>\n' % (place(x), top, place(x), bottom, place(x),
                                bottom + 16, write(x)))
    for n, (name, points, unit) in enumerate(lines):
        most = max(y for _, y in points) or 1
        dots = [(place(x), bottom - 22 - (bottom - top - 36) * y / most, y)
                for x, y in points]
        body += ('  <polyline class="line %s" style="fill: none" '
                 'points="%s"/>\n') % (
            'bca'[n], ' '.join('%.1f,%.1f' % (x, y) for x, y, _ in dots))
        for x, y, value in dots:
            body += ('  <circle class="%s" cx="%.1f" cy="%.1f" r="3"/>'
                     '<text class="note" x="%.1f" y="%.1f" '
                     'text-anchor="middle">%s</text>\n' % (
                         'bca'[n], x, y, x, y - 7 if n % 2 == 0 else y + 17,
                         short(value)))
        body += ('  <rect class="%s" x="%d" y="%d" width="12" height="12"/>'
                 '<text x="%d" y="%d">%s</text><text class="note" x="%d" '
                 'y="%d">%s</text>\n' % (
                     'bca'[n], width - right + 18, top + 44 * n,
                     width - right + 36, top + 11 + 44 * n, escape(name),
                     width - right + 36, top + 27 + 44 * n, escape(unit)))
    body += ('  <text class="note" x="%d" y="%d" text-anchor="middle">%s'
             '</text>\n') % (
        (left + width - right) / 2, bottom + 34, escape(xlabel))
    return document(width, height, title, note, body)
