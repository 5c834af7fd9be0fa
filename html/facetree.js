/*
 * Copyright (C) facetree contributors
 *
 * Makes the form answer in place.  Everything here is an addition: without
 * scripts the same form is sent to the same address and answered by a page.
 */

import { answerCard, problemCard, verdict } from './js/answer.js';
import { setUpCamera } from './js/camera.js';
import { loadCard, showCard } from './js/card.js';
import { byId, el, plural, present } from './js/dom.js';
import { Picker } from './js/picker.js';
import { Samples } from './js/samples.js';
import { send } from './js/send.js';
import { Visit } from './js/visit.js';
import { refuse } from './js/words.js';


/* An upload that takes longer than this shows how far it is. */
const PATIENCE = 250;

const TITLE = document.title;

const form = byId('upload');
const answers = byId('answers');
const picker = new Picker(form);
const samples = new Samples(sendSample);
const visit = new Visit((entry) => show([entry.card], entry.text), entitle);

let current = null;                   /* the request under way */
let isSynthetic = false;
let model = null;                     /* what model.json says of it */


function say(text) {
    byId('status').textContent = text;
}


/* Tabs and histories name the answer; without a text, the page. */

function entitle(text) {
    document.title = text ? `${text} – facetree` : TITLE;
}


/* Puts cards where the answers go; the first one's heading gets the focus. */

function show(shown, text) {
    entitle(text);
    answers.replaceChildren(...shown);
    answers.hidden = false;
    present(answers, answers.querySelector('h2'));
}


function progress(share) {
    const text = byId('sending-text');

    /* Sent is not answered: from there on there is nothing to measure. */

    if (share < 1) {
        byId('progress').value = share * 100;
        text.textContent = `Sending, ${Math.floor(share * 100)}%`;

    } else {
        byId('progress').removeAttribute('value');
        text.textContent = 'Recognising…';
    }
}


function setBusy(isBusy) {
    form.classList.toggle('busy', isBusy);
    form.setAttribute('aria-busy', String(isBusy));
    byId('send').disabled = isBusy;
    byId('cancel').hidden = !isBusy;
    byId('sending').hidden = true;
    picker.lock(isBusy);
}


/* One request at a time; null when it was cancelled, or another goes on. */

async function request(files) {
    if (current) {
        say('A picture is on its way already.');
        return null;
    }

    setBusy(true);
    progress(0);

    const slow = setTimeout(() => {
        byId('sending').hidden = false;
        say('Sending.');

        /* The button that had the focus is disabled now. */
        if (document.activeElement === document.body) {
            byId('cancel').focus();
        }
    }, PATIENCE);

    current = send(form.action, byId('file').name, files, progress);

    const outcome = await current.done;

    clearTimeout(slow);
    current = null;
    setBusy(false);

    if (outcome.cancelled) {
        say('Cancelled.');
        byId('send').focus();
        return null;
    }

    return outcome;
}


function fail(refusal, again) {
    say(refusal.heading);
    show([problemCard(refusal, again)], refusal.heading);
}


/* Cards of an answer, and its entries in the list of this visit. */

function cards(answer, files, sample) {
    return answer.predictions.map((prediction, i) => {
        const url = URL.createObjectURL(files[i] ?? new Blob());
        const card = answerCard({ prediction, answer, url, sample, model,
            isSynthetic });

        visit.add({ url, card, text: verdict(prediction, sample?.label) });

        return card;
    });
}


async function sendChosen() {
    const complaint = picker.complaint();

    if (complaint) {
        picker.say(complaint);
        say(complaint);
        byId('file').focus();
        return;
    }

    const { files } = picker;
    const outcome = await request(files);

    if (outcome?.problem) {
        fail(outcome.problem, sendChosen);

    } else if (outcome) {
        const { predictions } = outcome.answer;
        const text = predictions.length === 1 ? verdict(predictions[0])
            : `Answers for ${plural(predictions.length, 'picture')}`;

        picker.clear();
        say(predictions.length === 1 ? `Answer: ${text}` : text);
        show(cards(outcome.answer, files, null), text);
    }
}


function nextSample() {
    const sample = samples.next();

    return sample ? el('p', { class: 'actions' }, el('button', {
        type: 'button', class: 'button', click: () => samples.pick(sample)
    }, 'Try the next sample')) : null;
}


/* "file" is null when the sample itself could not be fetched. */

async function sendSample(file, sample) {
    const again = () => samples.pick(sample);

    if (!file) {
        fail(refuse(navigator.onLine ? 'unreachable' : 'offline'), again);
        return;
    }

    const outcome = await request([file]);

    if (outcome?.problem) {
        fail(outcome.problem, again);

    } else if (outcome) {
        const [prediction] = outcome.answer.predictions;

        if (!prediction.error) {
            samples.tell(sample, prediction);
        }

        const text = verdict(prediction, sample.label);

        say(`Answer: ${text}`);

        const made = cards(outcome.answer, [file], sample);
        const next = nextSample();

        if (next) {
            made[0].append(next);
        }

        show(made, text);
    }
}


function setUp() {
    /* Pictures may come from elsewhere than the input: we check instead. */
    form.noValidate = true;

    byId('sources').hidden = false;

    const { origin, pathname } = new URL(form.action);

    byId('example').textContent
        = `curl -F file=@face.jpg ${origin}${pathname}`;

    form.addEventListener('submit', (event) => {
        event.preventDefault();
        sendChosen();
    });

    byId('cancel').addEventListener('click', () => current?.cancel());

    setUpCamera((files) => picker.add(files));

    Promise.all([samples.load(), loadCard()]).then(([, loaded]) => {
        model = loaded;
        isSynthetic = samples.isSynthetic
            || model?.dataset?.synthetic === true;

        if (model) {
            showCard(model, samples.model === model.model?.version
                ? samples.heldOut : null);
        }

        byId('main').classList.add('ready');
    });
}


setUp();
