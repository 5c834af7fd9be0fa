/*
 * Copyright (C) facetree contributors
 *
 * What can be told of a file before it is sent.  Formats are recognised by
 * their first bytes, as the server does: names and types may say anything.
 */

import { bytes, number } from './dom.js';
import { refuse } from './words.js';


const HEAD = 32;

const HEIC = 'its format is HEIC; on an iPhone, Settings, Camera, Formats, '
    + '“Most Compatible” takes JPEG pictures, and sharing a picture usually '
    + 'makes it one';

const MAGIC = [
    ['jpeg', /^\xff\xd8\xff/],
    ['png', /^\x89PNG\r\n/],
    ['webp', /^RIFF[^]{4}WEBP/],
    ['bmp', /^BM/],
    ['pnm', /^P[1-6][\s#]/],
    ['GIF', /^GIF8/],
    ['AVIF', /^[^]{4}ftypavi[fs]/],
    ['HEIC', /^[^]{4}ftyp(hei[cmsx]|hev[cmx]|mif1|msf1)/],
    ['TIFF', /^(II\*\0|MM\0\*)/],
    ['PDF', /^%PDF/],
    ['SVG', /^\s*<(svg|\?xml)/]
];


async function format(file) {
    const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
    const text = String.fromCharCode(...head);
    const found = MAGIC.find(([, pattern]) => pattern.test(text));

    return found ? found[0] : '';
}


function stranger(found) {
    if (found === 'HEIC') {
        return HEIC;
    }

    return found ? `its format is ${found}`
        : 'this is no picture in a known format';
}


/* Limits as the form states them. */

export function limits(form) {
    return {
        bytes: Number(form.dataset.maxBytes) || Infinity,
        pixels: Number(form.dataset.maxPixels) || Infinity,
        images: Number(form.dataset.maxImages) || Infinity,
        formats: (form.dataset.formats ?? '').split(' ').filter(Boolean)
    };
}


/* A refusal, or null when the file may be sent. */

export async function check(file, limit) {
    let found;

    if (file.size === 0) {
        return refuse('empty', 'the file is empty');
    }

    if (file.size > limit.bytes) {
        return refuse('body_size', `it has ${bytes(file.size)}, and `
            + `${bytes(limit.bytes)} are allowed`, limit.bytes, file.size);
    }

    try {
        found = await format(file);

    } catch {
        return refuse('corrupt', 'the file cannot be opened');
    }

    return !limit.formats.length || limit.formats.includes(found) ? null
        : refuse('media_type', stranger(found));
}


/* The same for the size that a preview turns out to have. */

export function checkPixels(width, height, limit) {
    const pixels = width * height;

    return pixels <= limit.pixels ? null
        : refuse('pixels', `it is ${number(width)} × ${number(height)}`,
            limit.pixels, pixels);
}
