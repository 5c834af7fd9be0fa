/*
 * Copyright (C) facetree contributors
 *
 * Faces to try the model with, written by "facetree samples": pictures that
 * training has not seen, with their true names.
 */

import { byId, el, number, plural } from './dom.js';


const FOLDER = 'samples/';


function tile(sample, pick) {
    const mark = el('span', { class: 'mark' });
    const name = el('span', { class: 'name' }, sample.label);
    const button = el('button', { type: 'button', class: 'sample',
        click: () => pick(sample) },
    el('span', { class: 'face' }, el('img', { src: FOLDER + sample.file,
        alt: '', width: 64, height: 64 })),
    el('span', { class: 'unseen' }, 'Try '), name, ' ', mark);

    sample.tell = (outcome, label) => {
        button.className = `sample ${outcome}`;
        mark.replaceChildren(...{
            right: ['✓ right'],
            wrong: ['✗ ', el('span', { class: 'unseen' }, 'said '), label],
            unsure: ['? not sure']
        }[outcome]);
    };

    return el('li', {}, button);
}


/* The choice is not the share: there are always some of both kinds. */

function note(list) {
    const parts = [];
    const heldOut = list.held_out;
    const right = list.samples.filter((each) => each.predicted === each.label);

    if (list.synthetic) {
        parts.push(el('span', { class: 'badge synthetic' }, 'synthetic'),
            ' Drawn by a program. ');
    }

    parts.push('Training never saw these pictures.');

    if (heldOut && right.length && right.length < list.samples.length) {
        parts.push(` Of all ${number(heldOut.count)} like them the model gets `
            + `${number(heldOut.correct)} right; here are some of both kinds.`);
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
        this.heldOut = null;
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
        this.heldOut = list.held_out ?? null;

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

        byId('samples-score').hidden = false;
        byId('samples-score').textContent = `${right.length} of `
            + `${plural(tried.length, 'sample')} right so far.`;
    }
}
