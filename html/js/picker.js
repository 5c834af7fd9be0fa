/*
 * Copyright (C) facetree contributors
 *
 * The pictures that are chosen to be sent: from the file input, dropped,
 * pasted or photographed, each with a preview and its own refusal.
 */

import { thumbnail } from './answer.js';
import { check, checkPixels, limits } from './check.js';
import { byId, bytes, el, plural } from './dom.js';
import { refuse } from './words.js';


export class Picker {
    constructor(form) {
        this.form = form;
        this.input = byId('file');
        this.list = byId('chosen');
        this.limit = limits(form);
        this.items = [];

        this.input.addEventListener('change',
            () => this.add([...this.input.files]));

        this.listenToDrops();
        this.listenToPastes();
    }

    /* The whole form is the target; elsewhere a file falls on nothing. */

    listenToDrops() {
        let depth = 0;

        const isFile = (event) => [...event.dataTransfer?.types ?? []]
            .includes('Files');
        const mark = (change) => {
            depth = change === 0 ? 0 : Math.max(depth + change, 0);
            this.form.classList.toggle('dragging', depth > 0);
        };

        this.form.addEventListener('dragenter', () => mark(1));
        this.form.addEventListener('dragleave', () => mark(-1));

        window.addEventListener('dragover', (event) => {
            if (isFile(event)) {
                event.preventDefault();
                event.dataTransfer.dropEffect = this.form
                    .contains(event.target) ? 'copy' : 'none';
            }
        });

        window.addEventListener('drop', (event) => {
            mark(0);

            if (isFile(event)) {
                event.preventDefault();

                if (this.form.contains(event.target)) {
                    this.add([...event.dataTransfer.files]);
                }
            }
        });
    }

    listenToPastes() {
        document.addEventListener('paste', (event) => {
            const files = [...event.clipboardData?.files ?? []];

            if (files.length) {
                event.preventDefault();
                this.add(files);
            }
        });
    }

    /* The input names what is chosen, wherever it came from. */

    fillInput() {
        const transfer = new DataTransfer();

        this.items.forEach((item) => transfer.items.add(item.file));
        this.input.files = transfer.files;
    }

    get files() {
        return this.items.filter((item) => !item.refusal)
            .map((item) => item.file);
    }

    get refusals() {
        return this.items.map((item) => item.refusal).filter(Boolean);
    }

    async add(files) {
        if (this.isLocked) {
            return;
        }

        await Promise.all(files.map(async (file) => {
            const item = { file, url: URL.createObjectURL(file),
                refusal: null };

            this.items.push(item);
            this.draw(item);
            this.judge(item, await check(file, this.limit));
        }));

        this.fillInput();
        this.tell();
    }

    draw(item) {
        const image = thumbnail(item.url, 'thumb');

        item.text = el('span', { class: 'about' },
            el('span', { class: 'file' }, item.file.name),
            el('span', { class: 'size' }, bytes(item.file.size)));

        item.node = el('li', {}, image, item.text, el('button', {
            type: 'button', class: 'quiet remove',
            'aria-label': `Remove ${item.file.name}`,
            click: () => this.remove(item)
        }, '✕'));

        image.addEventListener('load', () => {
            this.judge(item, checkPixels(image.naturalWidth,
                image.naturalHeight, this.limit));
        });

        this.list.append(item.node);
        this.list.hidden = false;
    }

    judge(item, refusal) {
        if (refusal && !item.refusal) {
            item.refusal = refusal;
            item.node.classList.add('refused');
            item.node.append(el('span', { class: 'why' },
                [`${refusal.heading}.`, refusal.detail, refusal.advice]
                    .filter(Boolean).join(' ')));
            this.tell();
        }
    }

    remove(item) {
        const index = this.items.indexOf(item);

        this.items.splice(index, 1);
        item.node.remove();
        URL.revokeObjectURL(item.url);
        this.list.hidden = this.items.length === 0;
        this.fillInput();
        this.tell();

        /* The focus must not fall out of the page with the button. */
        const next = this.items[Math.min(index, this.items.length - 1)];

        (next?.node.querySelector('.remove') ?? this.input).focus();
    }

    clear() {
        this.items.forEach((item) => URL.revokeObjectURL(item.url));
        this.items = [];
        this.list.replaceChildren();
        this.list.hidden = true;
        this.fillInput();
        this.say('');
    }

    lock(isLocked) {
        this.isLocked = isLocked;
        this.input.disabled = isLocked;
        byId('camera').disabled = isLocked;
        this.list.querySelectorAll('.remove').forEach((button) => {
            button.disabled = isLocked;
        });
    }

    /* Why the form cannot be sent as it is; '' when it can. */

    complaint() {
        const { length } = this.files;

        if (this.refusals.length) {
            return `${plural(this.refusals.length, 'picture')} cannot be sent:`
                + ' see above, remove it or choose another.';
        }

        if (length > this.limit.images) {
            const { heading, advice } = refuse('images');

            return `${heading}: ${length} of at most ${this.limit.images}. `
                + advice;
        }

        const total = this.files.reduce((sum, file) => sum + file.size, 0);

        if (total > this.limit.bytes) {
            return `Together the pictures have ${bytes(total)}, and `
                + `${bytes(this.limit.bytes)} are allowed at once.`;
        }

        return length ? '' : refuse('empty').advice;
    }

    /* Shows a complaint beside the input and ties it to it. */

    say(text) {
        const refusal = byId('refusal');

        refusal.textContent = text;
        refusal.hidden = text === '';

        if (text) {
            this.input.setAttribute('aria-invalid', 'true');

        } else {
            this.input.removeAttribute('aria-invalid');
        }
    }

    tell() {
        const text = this.items.length ? this.complaint() : '';

        this.say(text);
        byId('status').textContent = text || (this.items.length
            ? `${plural(this.items.length, 'picture')} ready to be sent.`
            : 'No picture is chosen.');
    }
}
