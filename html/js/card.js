/*
 * Copyright (C) facetree contributors
 *
 * What there is to know of the model, from the model.json that "facetree
 * train" writes beside it.  Without that file beside the page the section
 * stays hidden.
 */

import { byId, bytes, el, fact, number, percent, plural } from './dom.js';


const SHORT_VERSION = 12;


function has(value) {
    return typeof value === 'number' && Number.isFinite(value);
}


function accuracy(model) {
    const interval = has(model.accuracy_low) && has(model.accuracy_high)
        ? ` (95% interval ${percent(model.accuracy_low)} to `
            + `${percent(model.accuracy_high)})` : '';
    const tested = has(model.test_count)
        ? `, on ${plural(model.test_count, 'picture')} that training never `
            + 'saw' : '';
    const people = model.dataset?.classes;

    return fact('Accuracy', el('strong', {}, percent(model.accuracy)),
        `${interval}${tested}.`, people > 1
            ? ` Guessing would reach ${percent(1 / people)}.` : '');
}


function data(dataset) {
    const counts = [`${plural(dataset.count, 'picture')} of `
        + `${plural(dataset.classes, 'person', 'people')}`];

    if (dataset.synthetic) {
        return fact('Data', `${dataset.name}, ${counts} `,
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
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}=${typeof value === 'object'
            ? JSON.stringify(value) : value}`);

    return fact('Settings', el('code', {}, list.join(' ')));
}


function credit(dataset) {
    const olivetti = /olivetti/i.test(dataset?.name ?? '')
        && !dataset.synthetic;

    return fact('Licence', 'facetree is free software (BSD-2-Clause).',
        olivetti ? ' The Olivetti faces are by courtesy of AT&T Laboratories '
            + 'Cambridge, for research, with credit.' : '');
}


/* Only of what the file says: an older or another trainer may say less. */

function rows(model) {
    const { dataset, trees, params } = model;

    return [
        has(model.accuracy) && accuracy(model),
        dataset && has(dataset.count) && data(dataset),
        has(model.train_count) && has(model.test_count) && split(model),
        trees && structure(model),
        params && settings(params),
        model.model && fact('Version', el('code',
            { title: `SHA-256 ${model.model.version}` },
            model.model.version.slice(0, SHORT_VERSION)),
        `, ${bytes(model.model.bytes)}`),
        dataset && has(dataset.classes) && fact('Limits',
            `A closed set of ${plural(dataset.classes, 'person', 'people')}; `
            + 'a stranger gets the nearest name unless a threshold is set.'),
        fact('Privacy', 'Pictures are decoded in memory, are never logged, '
            + 'and are gone with the answer.'),
        credit(dataset)
    ].filter(Boolean);
}


/* Returns what the file says, or null. */

export async function loadCard() {
    let model;

    try {
        const response = await fetch('model.json');

        model = response.ok ? await response.json() : null;

    } catch {
        model = null;
    }

    if (model === null || typeof model !== 'object') {
        return null;
    }

    byId('model-card').append(el('dl', { class: 'facts' }, ...rows(model)));
    byId('model').hidden = false;

    return model;
}
