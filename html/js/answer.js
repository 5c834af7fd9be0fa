/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as cards.  They look like those of the pages that the
 * server writes for browsers without scripts, core/facetree_html_answer.c.
 */

import { duration, el, fact, interval, number, percent } from './dom.js';
import { seen } from './seen.js';
import { explain } from './words.js';


const SHORT_VERSION = 12;


function isAccepted(prediction) {
    return prediction.decision === 'accepted';
}


/* The answer in one line of text, for the status, lists and titles. */

export function verdict(prediction, truth = null) {
    if (prediction.error) {
        return explain(prediction.error).heading;
    }

    const text = isAccepted(prediction)
        ? `${prediction.label}, ${percent(prediction.confidence)}`
        : `not sure; closest is ${prediction.label}, `
            + percent(prediction.confidence);

    if (truth === null) {
        return text;
    }

    if (!isAccepted(prediction)) {
        return `${text}; it is ${truth}`;
    }

    return `${text}; ${prediction.label === truth ? 'right' : 'wrong'}`;
}


function heading(prediction) {
    if (isAccepted(prediction)) {
        return el('h2', {}, 'This looks like ',
            el('strong', {}, prediction.label));
    }

    return el('h2', {}, 'Not sure who this is');
}


function decision(prediction) {
    const { label, confidence, margin } = prediction;
    const figures = `${percent(confidence)} confidence, ${percent(margin)} `
        + 'ahead of the next best.';

    if (isAccepted(prediction)) {
        return el('p', { class: 'decision' },
            el('span', { class: 'badge accepted' }, 'accepted'),
            ` ${figures}`);
    }

    return el('p', { class: 'decision' },
        el('span', { class: 'badge unknown' }, 'unknown'),
        ' The closest is ', el('strong', {}, label), `, with ${figures} `
        + 'That is below what this server accepts.');
}


/* How it compares with the name that a sample bears. */

function comparison(prediction, sample) {
    if (!isAccepted(prediction)) {
        return el('p', { class: 'truth' }, 'The true name is ',
            el('strong', {}, sample.label), '.');
    }

    if (prediction.label === sample.label) {
        return el('p', { class: 'truth right' },
            el('strong', {}, 'Right.'), ' It is ',
            el('strong', {}, sample.label), ', on a picture that training '
            + 'never saw.');
    }

    return el('p', { class: 'truth wrong' }, el('strong', {}, 'Wrong.'),
        ' The true name is ', el('strong', {}, sample.label), '.');
}


/* The bar says nothing that the number beside it does not. */

function row(entry) {
    const bar = el('meter', { 'aria-hidden': 'true', min: 0, max: 1000,
        value: Math.round(entry.probability * 1000) });

    /* What has no chance at all is listed, but steps back. */
    return el('tr', { class: entry.probability > 0 ? null : 'nil' },
        el('th', { scope: 'row' }, entry.label),
        el('td', { class: 'number' }, String(entry.class)),
        el('td', { class: 'bar' }, bar),
        el('td', { class: 'number' }, percent(entry.probability)));
}


function table(top) {
    return el('table', { class: 'top' },
        el('caption', {}, 'Most probable people'),
        el('thead', {}, el('tr', {},
            el('th', { scope: 'col' }, 'Person'),
            el('th', { scope: 'col', class: 'number' }, 'Class'),
            el('th', { scope: 'col', class: 'number', colspan: 2 },
                'Probability'))),
        el('tbody', {}, ...top.map(row)));
}


/*
 * How far to trust it, if what is known is of this very model.  A confidence
 * is the share of training pictures in a leaf, and says little of strangers.
 */

function trust(answer, model) {
    if (typeof model?.accuracy !== 'number'
        || model.model?.version !== answer.model.version)
    {
        return null;
    }

    return el('p', { class: 'trust' }, 'Of pictures that training never saw, '
        + `this model gets ${percent(model.accuracy)} right${interval(model)}`
        + ', whatever its confidence.');
}


function picture(image) {
    const turned = image.orientation > 1 ? ', turned upright first' : '';

    return fact('Picture', el('span', { class: 'format' }, image.format),
        `, ${number(image.width)} × ${number(image.height)} pixels${turned}`);
}


function facts(item) {
    const { prediction, answer } = item;
    const list = el('dl', { class: 'facts' });
    const time = answer.timing_us;

    if (prediction.filename) {
        list.append(fact('File', prediction.filename));
    }

    if (prediction.image) {
        list.append(picture(prediction.image));
    }

    if (time && answer.predictions.length === 1) {
        list.append(fact('Time', `${duration(time.decode)} to decode, `
            + `${duration(time.predict)} to recognise`));
    }

    if (!prediction.error) {
        list.append(fact('Model', `${answer.model.name} `, el('code',
            { title: `SHA-256 ${answer.model.version}` },
            answer.model.version.slice(0, SHORT_VERSION))));
    }

    return list;
}


export function thumbnail(url, className) {
    const image = el('img', { src: url, alt: '', class: className });

    /* A format that the browser does not show, such as PNM. */

    image.addEventListener('error', () => image.replaceWith(
        el('span', { class: `${className} blank`, 'aria-hidden': 'true' },
            'no preview')), { once: true });

    return image;
}


/* The paragraphs of a refusal: what is wrong, the limit, what to do. */

export function refusalText(refusal) {
    const parts = [];

    if (refusal.detail) {
        parts.push(el('p', { class: 'detail' }, refusal.detail));
    }

    if (refusal.facts.length) {
        parts.push(el('dl', { class: 'facts' },
            ...refusal.facts.map(([name, value]) => fact(name, value))));
    }

    parts.push(el('p', { class: 'advice' }, refusal.advice));

    return parts;
}


function synthetic() {
    return el('p', { class: 'hint' },
        el('span', { class: 'badge synthetic' }, 'synthetic'),
        ' The model learned faces that a program drew: no name here is that '
        + 'of a real person.');
}


/*
 * The card of one picture.  "item": prediction, answer (the whole document),
 * url of the picture, sample ({ label }, or null), model (what model.json says,
 * or null), isSynthetic.
 */

export function answerCard(item) {
    const { prediction, sample } = item;
    const single = item.answer.predictions.length === 1;

    if (prediction.error) {
        const refusal = explain(prediction.error);

        return el('section', { class: 'card problem' },
            el('div', { class: 'verdict' },
                thumbnail(item.url, 'portrait'),
                el('div', {}, el('h2', {}, refusal.heading),
                    ...refusalText(refusal))),
            facts(item));
    }

    return el('section', { class: 'card answer' },
        el('div', { class: 'verdict' },
            thumbnail(item.url, 'portrait'),
            el('div', {}, heading(prediction), decision(prediction),
                sample ? comparison(prediction, sample) : null,
                single ? trust(item.answer, item.model) : null,
                item.isSynthetic ? synthetic() : null)),
        table(prediction.top),
        prediction.explain ? seen(prediction.explain, single) : null,
        facts(item));
}


/*
 * The card of a refused request.  "again" is called by its button, which
 * waits as long as the server asks for.
 */

export function problemCard(refusal, again) {
    const card = el('section', { class: 'card problem' },
        el('h2', {}, refusal.heading), ...refusalText(refusal));

    if (refusal.again) {
        const button = el('button', { class: 'button', type: 'button',
            click: again }, 'Try again');

        card.append(el('p', { class: 'actions' }, button));
        countDown(button, refusal.retryAfter);
    }

    if (refusal.status) {
        card.append(el('p', { class: 'code' }, `${refusal.status}, error `,
            el('code', {}, refusal.token)));
    }

    return card;
}


function countDown(button, seconds) {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? `Try again in ${seconds} s`
        : 'Try again';

    if (seconds > 0) {
        setTimeout(() => countDown(button, seconds - 1), 1000);
    }
}
