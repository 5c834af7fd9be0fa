/*
 * Copyright (C) facetree contributors
 *
 * Refusals in plain words: the server's problem documents (RFC 9457), and
 * those that the page finds itself.  The server's own pages say the same, see
 * core/facetree_html.c.
 */

import { bytes, number } from './dom.js';


const SMALLER = '1,000 pixels along the longer side are plenty.';
const BASELINE = 'save it as an ordinary (baseline) JPEG';
/* heading, unit of limit and observed, what to do about it */

const WORDS = {
    empty: ['No picture was sent', '',
        'Choose a picture, then send the form again.'],
    multipart: ['The form arrived damaged', '', 'Send the picture again.'],
    media_type: ['This format is not accepted', '',
        'Send a JPEG, PNG, WebP, BMP or PNM picture.'],
    corrupt: ['The picture cannot be read', '',
        'The file may be damaged or cut short. If it opens on your device, '
        + 'save it again as JPEG or PNG and send that.'],
    body_size: ['The file is too large', 'bytes',
        `Send a smaller file: ${SMALLER}`],
    pixels: ['The picture is too large', 'pixels',
        `Make the picture smaller: ${SMALLER}`],
    side: ['The picture is too long or too wide', 'pixels',
        `Cut the picture to the face, or make it smaller: ${SMALLER}`],
    images: ['Too many pictures at once', 'pictures',
        'Send the pictures in several goes.'],
    scans: ['The picture is stored in too many steps', 'scans',
        `Open the picture and ${BASELINE} or as PNG.`],
    memory: ['The picture needs too much memory', 'bytes',
        `Make the picture smaller, or ${BASELINE}.`],
    timeout: ['The picture takes too long to read', 'ms',
        `Make the picture smaller, or ${BASELINE}.`],
    overload: ['The server is busy', '',
        'Wait a moment, then try again. Your picture is still here.'],
    rate: ['Too many requests', '',
        'Wait a moment, then try again. Your picture is still here.'],
    internal: ['Something went wrong on the server', '',
        'This is not your doing. Try again later, and tell whoever runs this '
        + 'server if it stays.'],
    offline: ['You are offline', '',
        'Your device has no connection. Your picture is still here: try '
        + 'again when it is back.'],
    unreachable: ['The server does not answer', '',
        'It may be down, or the connection broke. Your picture is still '
        + 'here: try again in a moment.'],
    strange: ['The answer makes no sense', '',
        'Something between you and the server may have changed it. Try '
        + 'again; if it stays, tell whoever runs this server.']
};


/* What a refusal without a document of ours is about, by its HTTP status. */

const STATUS = {
    400: 'multipart',
    413: 'body_size',
    415: 'media_type',
    422: 'corrupt',
    429: 'rate',
    502: 'unreachable',
    503: 'overload',
    504: 'unreachable'
};

/* Those that another try may mend. */

const PASSING = new Set(['overload', 'rate', 'internal', 'offline',
    'unreachable', 'strange', 'multipart']);


function sentence(text) {
    const full = text.charAt(0).toUpperCase() + text.slice(1);

    return /[.!?]$/.test(full) ? full : `${full}.`;
}


function amount(value, unit) {
    return unit === 'bytes' ? bytes(value)
        : `${number(value)}${unit ? ` ${unit}` : ''}`;
}


function token(problem) {
    const last = String(problem.type ?? '').split(':').pop();

    if (problem.status === 408) {
        return 'unreachable';
    }

    if (last in WORDS) {
        return last;
    }

    return STATUS[problem.status]
        ?? (problem.status >= 500 ? 'internal' : 'strange');
}


/*
 * A refusal to show: heading, detail, facts (pairs), advice, whether another
 * try may help, and after how many seconds.
 */

export function explain(problem, retryAfter = 0) {
    const name = token(problem);
    const [heading, unit, advice] = WORDS[name];
    const facts = [];

    if (problem.limit || problem.observed) {
        facts.push(['Allowed', amount(problem.limit, unit)],
            ['Yours', amount(problem.observed, unit)]);
    }

    return {
        token: name,
        status: problem.status,
        heading,
        detail: problem.detail ? sentence(problem.detail) : '',
        facts,
        advice,
        again: PASSING.has(name),
        retryAfter
    };
}


/* A refusal that the page finds itself. */

export function refuse(name, detail = '', limit = 0, observed = 0) {
    return explain({ type: name, detail, limit, observed });
}
