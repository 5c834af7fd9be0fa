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
 * entries: { x, y, words, short, mark } each, "mark" an SVG node.
 */

function explorer(image, overlay, entries, title) {
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
            el('div', { class: 'saw-picture' }, image, overlay), words),
        el('div', { class: 'saw-list' },
            el('p', { class: 'saw-title' }, title),
            el('ol', {}, ...buttons.map((button) => el('li', {}, button)))));
}


function box(pixel, className) {
    return svg('rect', { class: className, x: pixel.x, y: pixel.y, width: 1,
        height: 1 });
}


function stepMark(step, index, isLast) {
    return svg('g', { class: `mark ${isLast ? 'last' : ''}` },
        svg('rect', { class: 'halo', x: step.x - 0.75, y: step.y - 0.75,
            width: 2.5, height: 2.5, rx: 0.5 }),
        box(step, 'dot'),
        svg('text', { x: step.x + 2.4, y: step.y + 1.9 },
            String(index + 1)));
}


function pathEntries(path) {
    return path.map((step, i) => ({
        words: stepWords(step, path[i + 1]),
        short: [el('span', { class: 'order' }, `${i + 1} `),
            el('span', {}, `${place(step)} `),
            el('span', {}, `${level(step.value)} ${step.went === 'right'
                ? '>' : '≤'} ${level(step.threshold)} `),
            el('span', { class: 'went' },
                step.went === 'right' ? 'right →' : '← left')],
        mark: stepMark(step, i, i === path.length - 1)
    }));
}


function trail(path) {
    return svg('polyline', { class: 'trail', points: path
        .map((step) => `${step.x + 0.5},${step.y + 0.5}`).join(' ') });
}


/* From 1 for the pixel that most trees tested, in steps that can be told. */

function heatEntries(pixels, trees) {
    const most = Math.max(...pixels.map((pixel) => pixel.count), 1);

    return pixels.map((pixel, i) => ({
        words: pixelWords(pixel, trees),
        short: [el('span', { class: 'order' }, `${i + 1} `),
            el('span', {}, `${place(pixel)} `),
            el('span', {}, plural(pixel.count, 'tree'))],
        mark: svg('g', {
            class: `mark heat heat-${Math.ceil(pixel.count / most * 4)}`
        }, box(pixel, 'dot'))
    }));
}


function body(explanation) {
    const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
    const image = el('img', { class: 'seen', alt: 'The small gray '
        + 'picture that was classified', src: explanation.image ?? '' });
    const size = () => overlay.setAttribute('viewBox',
        `0 0 ${image.naturalWidth || SIDE} ${image.naturalHeight || SIDE}`);

    size();
    image.addEventListener('load', size);

    if (!explanation.image) {
        image.hidden = true;
    }

    if (Array.isArray(explanation.path)) {
        const { path } = explanation;

        if (path.length > 1) {
            overlay.append(trail(path));
        }

        const entries = pathEntries(path);

        entries.forEach((entry) => overlay.append(entry.mark));

        /* A very long list is cut by the server, which then says so. */
        const all = explanation.steps > path.length ? 'The first ' : '';

        return explorer(image, overlay, entries, path.length
            ? `${all}${plural(path.length, 'question')} from the root of the `
                + `tree${all ? '' : ' to the answer'}`
            : 'The tree has a single leaf: it gives every picture this '
                + 'answer.');
    }

    const pixels = explanation.pixels ?? [];
    const entries = heatEntries(pixels, explanation.trees ?? 0);

    entries.forEach((entry) => overlay.append(entry.mark));

    return explorer(image, overlay, entries,
        `The pixels that most of the ${plural(explanation.trees ?? 0, 'tree')} `
        + 'tested');
}


/* Opened at once when it is the only answer. */

export function seen(explanation, open) {
    return el('details', { class: 'saw', open },
        el('summary', {}, 'What the model saw'), body(explanation));
}
