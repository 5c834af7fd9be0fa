/*
 * Copyright (C) facetree contributors
 *
 * What there is to know of the model, from the model.json that "facetree
 * train" writes beside it.  Without that file beside the page the section
 * stays hidden.
 */

import { byId, bytes, el, fact, interval, number, percent, plural, svg }
    from './dom.js';


const SHORT_VERSION = 12;

/* scikit-learn's: what is set like this need not be told. */

const DEFAULTS = {
    criterion: 'gini',
    splitter: 'best',
    min_samples_split: 2,
    min_samples_leaf: 1,
    min_weight_fraction_leaf: 0,
    min_impurity_decrease: 0,
    ccp_alpha: 0,
    oob_score: false
};


function has(value) {
    return typeof value === 'number' && Number.isFinite(value);
}


/* From 0 to 100%: the accuracy, its interval, and what guessing reaches. */

function scale(model, chance) {
    const bar = (className, from, to) => svg('rect', { class: className,
        x: from * 100, y: 0, width: Math.max(to - from, 0) * 100, height: 6 });
    const tick = (className, at) => svg('rect', { class: className,
        x: Math.min(at * 100, 99.2), y: 0, width: 0.8, height: 6 });

    return svg('svg', { class: 'scale', viewBox: '0 0 100 6',
        preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    bar('track', 0, 1),
    has(model.accuracy_low) && has(model.accuracy_high)
        ? bar('interval', model.accuracy_low, model.accuracy_high) : null,
    chance ? tick('chance', chance) : null,
    tick('point', model.accuracy));
}


function accuracy(model) {
    const people = model.dataset?.classes;
    const chance = people > 1 ? 1 / people : 0;
    const tested = has(model.test_count)
        ? `of ${plural(model.test_count, 'picture')} that training never saw `
            + 'are named rightly' : 'accuracy on held-out pictures';

    return el('div', { class: 'accuracy' },
        el('p', {}, el('strong', { class: 'big' }, percent(model.accuracy)),
            ` ${tested}${interval(model)}.`),
        scale(model, chance),
        chance ? el('p', { class: 'hint' },
            `Guessing would reach ${percent(chance)}.`) : null);
}


/* What a stamp says need not be said again. */

function data(dataset) {
    const counts = `${plural(dataset.count, 'picture')} of `
        + plural(dataset.classes, 'person', 'people');

    if (dataset.synthetic) {
        return fact('Data', `${counts} `,
            el('span', { class: 'badge synthetic' }, 'synthetic'),
            ' The faces were drawn by a program; no name here is that of a '
            + 'real person.');
    }

    return fact('Data', `${dataset.name}, ${counts}.`);
}


function split(model) {
    return fact('Split', `${number(model.train_count)} to train, `
        + `${number(model.test_count)} held out`,
    has(model.split?.random_state)
        ? ` (seed ${model.split.random_state})` : '');
}


function structure(model) {
    const { trees, image } = model;

    return fact('Estimator', `${model.estimator}: `
        + `${plural(trees.count, 'tree')}, ${plural(trees.node_count, 'node')}`
        + `, at most ${plural(trees.max_depth, 'question')} a tree`,
    image ? `; ${image.width} × ${image.height} gray pixels` : '');
}


function settings(params) {
    const list = Object.entries(params)
        .filter(([name, value]) => value !== null && DEFAULTS[name] !== value)
        .map(([name, value]) => `${name}=${typeof value === 'object'
            ? JSON.stringify(value) : value}`);

    return fact('Settings', ...list.flatMap((each, i) => [i ? ', ' : '',
        el('code', {}, each)]), list.length ? '; the rest as in scikit-learn.'
        : 'As in scikit-learn.');
}


/* Which people are taken for which, from what the samples tell of it. */

function mistakes(heldOut) {
    const list = heldOut.confusions.map((each) => `${each.label} taken for `
        + `${each.predicted} (${number(each.count)})`);

    return fact('Mistakes', `${number(heldOut.count - heldOut.correct)} of `
        + `${number(heldOut.count)}: ${list.join(', ')}`
        + `${list.length ? ' and others.' : 'none.'}`);
}


function limits(dataset) {
    return fact('Limits',
        `A closed set of ${plural(dataset.classes, 'person', 'people')}; `
        + 'a stranger gets the nearest name unless a threshold is set.');
}


function credit(dataset) {
    const olivetti = /olivetti/i.test(dataset?.name ?? '')
        && !dataset.synthetic;

    return fact('Licence', 'facetree is free software (BSD-2-Clause).',
        olivetti ? ' The Olivetti faces are by courtesy of AT&T Laboratories '
            + 'Cambridge, for research, with credit.' : '');
}


function version({ model }) {
    return fact('Version', el('code', { title: `SHA-256 ${model.version}` },
        model.version.slice(0, SHORT_VERSION)), `, ${bytes(model.bytes)}; `,
    el('a', { href: 'model.json' }, 'all of it as JSON'));
}


/* Only of what the file says: an older or another trainer may say less. */

function rows(model, heldOut) {
    const { dataset, trees, params } = model;

    return [
        dataset && has(dataset.count) && data(dataset),
        has(model.train_count) && has(model.test_count) && split(model),
        trees && structure(model),
        params && settings(params),
        heldOut && mistakes(heldOut),
        dataset && has(dataset.classes) && limits(dataset),
        fact('Privacy', 'Pictures are decoded in memory, are never logged, '
            + 'and are gone with the answer.'),
        credit(dataset),
        model.model && version(model)
    ].filter(Boolean);
}


/* Returns what the file says, or null. */

export async function loadCard() {
    try {
        const response = await fetch('model.json');
        const model = response.ok ? await response.json() : null;

        return typeof model === 'object' ? model : null;

    } catch {
        return null;
    }
}


/* "heldOut" is samples.json's, if it is of this model, or null. */

export function showCard(model, heldOut) {
    byId('model-card').append(
        has(model.accuracy) ? accuracy(model) : '',
        el('dl', { class: 'facts' }, ...rows(model, heldOut)));
    byId('model').hidden = false;
}
