/*
 * Copyright (C) facetree contributors
 *
 * What the model saw: the small gray picture, enlarged pixel for pixel, with
 * the pixels that decided drawn on it.  A tree's are in the order in which it
 * asked for them; of a forest those are shown that most of its trees tested.
 */

import { el, number, plural, svg } from './dom.js';


/* Explanations come without a size when there is no picture to measure. */
const SIDE = 64;


/* Down to a tenth, which keeps whole gray levels on their side of it. */

function level(value) {
    return String(Math.floor(value * 10) / 10);
}


function place(pixel) {
    return `column ${pixel.x}, row ${pixel.y}`;
}


/* One decision in words; "next" is the one after it, if any. */

export function stepWords(step, next) {
    const above = step.went === 'right';
    const counts = Number.isInteger(step.samples)
        ? ` ${plural(step.samples, 'training picture')} had come this far` : '';
    const remain = next && Number.isInteger(next.samples)
        ? `${counts ? ',' : ''} ${number(next.samples)} went the same way` : '';

    return `The pixel at ${place(step)} is ${level(step.value)}, `
        + `${above ? 'above' : 'not above'} ${level(step.threshold)}: `
        + `go ${step.went}.${counts}${remain}${counts || remain ? '.' : ''}`;
}


function pixelWords(pixel, trees) {
    return `The pixel at ${place(pixel)} was tested by `
        + `${number(pixel.count)} of ${plural(trees, 'tree')}.`;
}


/*
 * A picture with marks and a list of what they are: pointing at a mark or a
 * list entry, or focusing an entry, selects both and says it in words.
 * entries: { words, short, mark } each, "mark" an SVG node; onSelect gets the
 * index of the selected one.
 */

function explorer(picture, overlay, entries, title, onSelect) {
    const words = el('p', { class: 'words' }, entries[0]?.words ?? '');
    const buttons = [];

    const select = (index) => {
        entries.forEach((entry, i) => {
            entry.mark.classList.toggle('current', i === index);
            buttons[i].setAttribute('aria-pressed', String(i === index));
        });

        /* The marked pixel is drawn over its neighbours. */
        overlay.append(entries[index].mark);
        words.textContent = entries[index].words;
        onSelect?.(index);
    };

    entries.forEach((entry, i) => {
        const pick = () => select(i);
        const button = el('button', { type: 'button', class: 'step',
            'aria-pressed': 'false', focus: pick, pointerenter: pick,
            click: pick }, ...entry.short);

        entry.mark.addEventListener('pointerenter', pick);
        buttons.push(button);
    });

    if (entries.length) {
        select(0);
    }

    return el('div', { class: 'saw-body' },
        el('div', { class: 'saw-left' },
            el('div', { class: 'saw-picture' }, picture, overlay), words),
        el('div', { class: 'saw-list' },
            el('p', { class: 'saw-title' }, title),
            el('ol', {}, ...buttons.map((button) => el('li', {}, button)))));
}


function box(pixel) {
    return svg('rect', { class: 'dot', x: pixel.x, y: pixel.y, width: 1,
        height: 1 });
}


/* The number stands beside the pixel, and inside the picture. */

function stepMark(step, index, isLast, size) {
    const isLeft = step.x > size.width * 7 / 8;

    return svg('g', { class: `mark ${isLast ? 'last' : ''}` },
        svg('circle', { class: 'hit', cx: step.x + 0.5, cy: step.y + 0.5,
            r: 2.2 }),
        svg('rect', { class: 'halo', x: step.x - 0.75, y: step.y - 0.75,
            width: 2.5, height: 2.5, rx: 0.5 }),
        box(step),
        svg('text', { x: isLeft ? step.x - 0.6 : step.x + 1.6,
            y: step.y + 0.5, dy: '0.35em',
            'text-anchor': isLeft ? 'end' : 'start' }, String(index + 1)));
}


function pathEntries(path, size) {
    return path.map((step, i) => ({
        words: stepWords(step, path[i + 1]),
        short: [el('span', { class: 'order' }, `${i + 1} `),
            el('span', {}, `${place(step)} `),
            el('span', {}, `${level(step.value)} ${step.went === 'right'
                ? '>' : '≤'} ${level(step.threshold)} `),
            el('span', { class: 'went' },
                step.went === 'right' ? 'right →' : '← left')],
        mark: stepMark(step, i, i === path.length - 1, size)
    }));
}


function points(path) {
    return path.map((step) => `${step.x + 0.5},${step.y + 0.5}`).join(' ');
}


/* All of the path, and over it the part up to the selected decision. */

function drawPath(overlay, path) {
    const walked = svg('polyline', { class: 'trail walked' });

    overlay.append(svg('polyline', { class: 'trail', points: points(path) }),
        walked);

    return (index) => {
        walked.setAttribute('points', points(path.slice(0, index + 1)));
    };
}


/* From 1 for the pixel that most trees tested, in steps that can be told. */

function heatEntries(pixels, trees, size) {
    const most = Math.max(...pixels.map((pixel) => pixel.count), 1);

    return pixels.map((pixel, i) => ({
        words: pixelWords(pixel, trees),
        short: [el('span', { class: 'order' }, `${i + 1} `),
            el('span', {}, `${place(pixel)} `),
            el('span', {}, plural(pixel.count, 'tree'))],
        mark: svg('g', {
            class: `mark heat heat-${Math.ceil(pixel.count / most * 4)}`
        }, svg('circle', { class: 'glow', cx: pixel.x + 0.5,
            cy: pixel.y + 0.5, r: Math.max(size.width, size.height) / 32 }),
        box(pixel))
    }));
}


function pathBody(picture, overlay, explanation, size) {
    const { path } = explanation;
    const entries = pathEntries(path, size);
    const walk = drawPath(overlay, path);

    entries.forEach((entry) => overlay.append(entry.mark));

    /* A very long list is cut by the server, which then says so. */
    const all = explanation.steps > path.length ? 'The first ' : '';

    return explorer(picture, overlay, entries, path.length
        ? `${all}${plural(path.length, 'question')} from the root of the `
            + `tree${all ? '' : ' to the answer'}`
        : 'The tree has a single leaf: it gives every picture this answer.',
    walk);
}


function heatBody(picture, overlay, explanation, size) {
    const { pixels = [], trees = 0 } = explanation;
    const entries = heatEntries(pixels, trees, size);

    /* The most tested are drawn last, over the others. */
    [...entries].reverse().forEach((entry) => overlay.append(entry.mark));

    return explorer(picture, overlay, entries,
        `The pixels that most of the ${plural(trees, 'tree')} tested`);
}


/* "size" is that of the model's pictures, in pixels. */

function body(explanation, size) {
    const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true',
        viewBox: `0 0 ${size.width} ${size.height}`,
        'font-size': Math.max(size.width, size.height) / 24 });
    const picture = el('img', { class: 'seen', alt: 'The small gray '
        + 'picture that was classified', src: explanation.image ?? '',
    hidden: !explanation.image });

    return Array.isArray(explanation.path)
        ? pathBody(picture, overlay, explanation, size)
        : heatBody(picture, overlay, explanation, size);
}


/* Width and height of a PNG in a data: URL, from its header. */

function sizeOf(url) {
    try {
        const head = atob(url.split(',')[1].slice(0, 32));
        const read = (at) => (head.charCodeAt(at + 2) << 8)
            + head.charCodeAt(at + 3);

        return { width: read(16) || SIDE, height: read(20) || SIDE };

    } catch {
        return { width: SIDE, height: SIDE };
    }
}


/* Opened at once when it is the only answer. */

export function seen(explanation, open) {
    return el('details', { class: 'saw', open },
        el('summary', {}, 'What the model saw'),
        body(explanation, sizeOf(explanation.image)));
}
