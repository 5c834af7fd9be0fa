/*
 * Copyright (C) facetree contributors
 *
 * Sends pictures and reads what comes back.  XMLHttpRequest, since fetch()
 * does not tell how much of an upload has left.
 */

import { explain, refuse } from './words.js';


const TIMEOUT = 120000;


function parse(text) {
    try {
        return JSON.parse(text);

    } catch {
        return null;
    }
}


function read(xhr) {
    const body = parse(xhr.responseText);

    if (xhr.status === 200) {
        return body && Array.isArray(body.predictions) ? { answer: body }
            : { problem: refuse('strange') };
    }

    return { problem: explain({ ...body, status: xhr.status },
        Number(xhr.getResponseHeader('Retry-After')) || 0) };
}


/*
 * Returns { done, cancel }: "done" is a promise of { answer }, { problem } or
 * { cancelled: true }, and never fails.  onProgress gets the share that has
 * been sent, 0 to 1.
 */

export function send(url, field, files, onProgress) {
    const xhr = new XMLHttpRequest();
    const body = new FormData();

    for (const file of files) {
        body.append(field, file, file.name);
    }

    const done = new Promise((resolve) => {
        const broken = () => resolve({
            problem: refuse(navigator.onLine ? 'unreachable' : 'offline')
        });

        xhr.upload.addEventListener('progress', (event) => {
            if (event.lengthComputable) {
                onProgress(event.loaded / event.total);
            }
        });

        xhr.addEventListener('load', () => resolve(read(xhr)));
        xhr.addEventListener('error', broken);
        xhr.addEventListener('timeout', broken);
        xhr.addEventListener('abort', () => resolve({ cancelled: true }));
    });

    xhr.open('POST', url);
    xhr.timeout = TIMEOUT;
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.send(body);

    return { done, cancel: () => xhr.abort() };
}
