/*
 * Copyright (C) facetree contributors
 *
 * Faces to try the model with, written by "facetree samples": pictures that
 * training has not seen, with their true names.
 */

import { byId, el, plural } from './dom.js';


const FOLDER = 'samples/';


function tile(sample, pick) {
    const mark = el('span', { class: 'mark' });
    const name = el('span', { class: 'name' }, sample.label);
    const button = el('button', { type: 'button', class: 'sample',
        click: () => pick(sample) },
    el('img', { src: FOLDER + sample.file, alt: '', width: 64, height: 64 }),
    el('span', { class: 'unseen' }, 'Try '), name, mark);

    sample.tell = (outcome, label) => {
        button.className = `sample ${outcome}`;
        mark.textContent = {
            right: '✓ right',
            wrong: `✗ said ${label}`,
            unsure: '? not sure'
        }[outcome];
    };

    return el('li', {}, button);
}


function note(list) {
    const parts = ['The model was not trained on these pictures, so it may '
        + 'well be wrong: the answer is compared with the true name.'];

    if (list.synthetic) {
        parts.unshift(el('span', { class: 'badge synthetic' }, 'synthetic'),
            ' These faces were drawn by a program. ');
    }

    return parts;
}


export class Samples {
    /* "send" gets a File and the sample. */

    constructor(send) {
        this.send = send;
        this.samples = [];
        this.isSynthetic = false;
        this.model = '';
    }

    async load() {
        let list;

        try {
            const response = await fetch(`${FOLDER}samples.json`);

            list = response.ok ? await response.json() : null;

        } catch {
            return;
        }

        if (!Array.isArray(list?.samples) || !list.samples.length) {
            return;
        }

        this.samples = list.samples.map((sample) => ({ ...sample }));
        this.isSynthetic = list.synthetic === true;
        this.model = list.model;

        byId('samples-note').append(...note(list));
        byId('samples-list').append(...this.samples.map(
            (sample) => tile(sample, () => this.pick(sample))));
        byId('samples').hidden = false;
    }

    async pick(sample) {
        let file;

        try {
            const response = await fetch(FOLDER + sample.file);

            file = response.ok && new File([await response.blob()],
                sample.file, { type: 'image/png' });

        } catch {
            file = null;
        }

        this.send(file, sample);
    }

    /* One that has no answer yet, or null. */

    next() {
        return this.samples.find((sample) => !sample.outcome) ?? null;
    }

    /* Takes note of an answer. */

    tell(sample, { label, decision }) {
        const found = label === sample.label ? 'right' : 'wrong';

        sample.outcome = decision === 'accepted' ? found : 'unsure';
        sample.tell(sample.outcome, label);

        const tried = this.samples.filter((each) => each.outcome);
        const right = tried.filter((each) => each.outcome === 'right');

        byId('samples-score').textContent = `${right.length} of `
            + `${plural(tried.length, 'sample')} right so far. A few pictures `
            + 'say little: the model’s accuracy is below.';
    }
}
