/*
 * Copyright (C) facetree contributors
 *
 * The answers of this visit, newest first.  They are kept in memory and never
 * leave the page.
 */

import { thumbnail } from './answer.js';
import { byId, el } from './dom.js';


const MOST = 50;


export class Visit {
    /*
     * "show" gets the entry whose answer is wanted again, "entitle" nothing
     * when there is none left.
     */

    constructor(show, entitle) {
        this.show = show;
        this.entitle = entitle;
        this.entries = [];
        byId('forget').addEventListener('click', () => this.forget());
    }

    /* entry: { url, text }; the url, a blob's, is revoked in the end. */

    add(entry) {
        const time = new Date().toLocaleTimeString([], { hour: '2-digit',
            minute: '2-digit' });

        entry.node = el('li', {}, el('button', { type: 'button',
            class: 'past', click: () => this.show(entry) },
        thumbnail(entry.url, 'thumb'), el('span', {}, entry.text,
            el('span', { class: 'time' }, time))));

        byId('visit-list').prepend(entry.node);
        this.entries.push(entry);

        if (this.entries.length > MOST) {
            this.drop(this.entries.shift());
        }

        byId('visit').hidden = false;
    }

    drop(entry) {
        entry.node.remove();
        URL.revokeObjectURL(entry.url);
    }

    forget() {
        this.entries.forEach((entry) => this.drop(entry));
        this.entries = [];
        byId('visit').hidden = true;
        byId('answers').replaceChildren();
        byId('answers').hidden = true;
        this.entitle();
        byId('status').textContent = 'All answers of this visit are gone.';
        byId('file').focus();
    }
}
