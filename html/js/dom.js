/*
 * Copyright (C) facetree contributors
 *
 * Making elements, and writing numbers as the server's own pages do.  Text is
 * only ever set as text: labels and file names come from elsewhere.
 */

const SVG = 'http://www.w3.org/2000/svg';


export function byId(id) {
    return document.getElementById(id);
}


function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === 'function') {
            node.addEventListener(name, value);

        } else if (value === true) {
            node.setAttribute(name, '');

        } else if (value !== false && value !== null && value !== undefined) {
            node.setAttribute(name, value);
        }
    }

    node.append(...children.filter((child) => child !== null));

    return node;
}


/* A function among the attributes listens to the event of that name. */

export function el(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}


export function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}


/* A row of a <dl class="facts">. */

export function fact(name, ...value) {
    return el('div', {}, el('dt', {}, name), el('dd', {}, ...value));
}


export function number(value) {
    return value.toLocaleString('en');
}


/* Never "0.0%" or "100.0%" for what is not exactly that. */

export function percent(value) {
    if (!(value > 0)) {
        return '0.0%';
    }

    if (value < 0.0005) {
        return '<0.1%';
    }

    if (value < 1 && value >= 0.9995) {
        return '>99.9%';
    }

    return `${(Math.min(value, 1) * 100).toFixed(1)}%`;
}


/* " (95% interval 34.8% to 52.3%)", of what model.json says, or "". */

export function interval(model) {
    const { accuracy_low: low, accuracy_high: high } = model;

    return Number.isFinite(low) && Number.isFinite(high)
        ? ` (95% interval ${percent(low)} to ${percent(high)})` : '';
}


export function duration(us) {
    if (us === 0) {
        return 'less than 1 µs';
    }

    return us < 1000 ? `${us} µs` : `${number(Math.trunc(us / 100) / 10)} ms`;
}


/* In the units of nginx's limits: 10m is 10 MB. */

export function bytes(count) {
    if (count < 1024) {
        return `${count} bytes`;
    }

    return count < 1048576 ? `${Math.round(count / 1024)} kB`
        : `${Number((count / 1048576).toFixed(1))} MB`;
}


export function plural(count, one, many = `${one}s`) {
    return `${number(count)} ${count === 1 ? one : many}`;
}


/* Shows an element under the reader's eyes and moves the focus to it. */

export function present(node, focus = node) {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;

    focus.setAttribute('tabindex', '-1');
    focus.focus({ preventScroll: true });
    node.scrollIntoView({ block: 'start',
        behavior: calm ? 'auto' : 'smooth' });
}
