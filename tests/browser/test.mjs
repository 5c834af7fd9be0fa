/*
 * Copyright (C) facetree contributors
 *
 * The page in a browser: every state looked at by axe, and every way to send
 * a picture or to be refused.  One line a test; exits with 1 if one failed.
 *
 *     node test.mjs [PATTERN]    only tests whose name matches
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { HtmlValidate } from 'html-validate';

import { launch, open } from './browser.mjs';
import { makeFixtures } from './fixtures.mjs';
import { scores } from './lighthouse.mjs';
import { FOREST, get, olivetti, post, ROOT, Server } from './server.mjs';
import { answered, ask, changeAnswers, choose, DESKTOP, drag, PATH, PHONE,
    post as postForm, refuseWith, sample, sampleThatIs, STATES, strictly,
    uploading, withoutLimits } from './states.mjs';


const TRANSFER = 60000;

const CSP = "default-src 'self'; img-src 'self' data: blob:; "
    + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/* Of one test; nothing waits for it to pass. */
const TIMEOUT = 120000;

const wanted = new RegExp(process.argv[2] ?? '');
const count = { passed: 0, failed: 0, skipped: 0 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'facetree-files-'));

let server, forest, browser, files;


async function test(name, run) {
    if (!wanted.test(name)) {
        return;
    }

    let timer;

    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('takes too long')),
            TIMEOUT);
    });

    try {
        if (await Promise.race([run(), late]) === 'skipped') {
            count.skipped++;
            console.log(`skipped ${name}`);
            return;
        }

        count.passed++;
        console.log(`ok      ${name}`);

    } catch (error) {
        count.failed++;
        console.log(`FAILED  ${name}: ${error.message}`);

    } finally {
        clearTimeout(timer);
    }
}


/* A test on a page of its own, which must stay free of trouble. */

function onPage(name, run, { before = null, on = () => server, ...options }
    = {}) {
    return test(name, async () => {
        const page = await open(browser, on().url,
            { viewport: DESKTOP, ...options }, before);

        try {
            await run(page);
            assert.deepEqual(page.troubles, []);

        } finally {
            await page.context().close();
        }
    });
}


const text = (page, selector) => page.locator(selector).first().innerText();

const focused = (page) => page.evaluate(() => document.activeElement.id
    || document.activeElement.tagName);


async function looksRight(page) {
    const { violations } = await new AxeBuilder({ page }).analyze();

    assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes
        .map((node) => node.target).join(', ')}`), []);

    const [scroll, client] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth]);

    assert.ok(scroll <= client, `${scroll - client} px too wide`);
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
}


/* axe is a script itself: for it only those of the page are off. */

async function withoutScript(page) {
    await page.route('**/facetree.js', (route) => route.fulfill({
        status: 200, contentType: 'text/javascript',
        body: 'document.getElementById("main").classList.add("ready");'
    }));
    await page.route('**/js/*.js', (route) => route.fulfill({ status: 200,
        body: '', contentType: 'text/javascript' }));
}


async function states() {
    const ways = [
        ['desktop, light', { viewport: DESKTOP, colorScheme: 'light' }],
        ['phone, dark', { viewport: PHONE, colorScheme: 'dark',
            isMobile: true, hasTouch: true }],
        ['desktop, dark', { viewport: DESKTOP, colorScheme: 'dark',
            reducedMotion: 'reduce' }]
    ];

    for (const state of STATES) {
        for (const [way, options] of ways) {
            await onPage(`state ${state.name}, ${way}`, async (page) => {
                if (state.skip?.(options)) {
                    return;
                }

                await state.go(page, files);
                await looksRight(page);
            }, {
                ...options,
                on: () => (state.forest ? forest : server),
                before: async (page) => {
                    await (state.plain ? withoutScript(page) : null);
                    await state.before?.(page);
                }
            });
        }
    }
}


async function sending() {
    await onPage('a chosen picture is answered in place', async (page) => {
        await ask(page, files['photo.jpg']);
        assert.match(await text(page, '#answers h2'), /^This looks like p\d/);
        assert.equal(await page.locator('#answers .top tbody tr').count(), 5);
        assert.match(await text(page, '#status'), /^Answer: p\d/);
        assert.equal(await focused(page), 'H2');
        assert.equal(page.url(), server.url);
        assert.equal(await page.locator('#chosen li').count(), 0);
        assert.match(await page.title(), /^p\d+, [\d.]+% – facetree$/);
        assert.match(await text(page, '#answers .trust'), new RegExp(
            'Of pictures that training never saw, this model gets '
            + '[\\d.]+% right \\(95% interval'));
    });

    await onPage('several pictures are answered, a bad one too',
        async (page) => {
            await ask(page, files['photo.jpg'], files['cut-short.jpg'],
                files['face.pgm']);
            assert.equal(await page.locator('#answers .card').count(), 3);
            assert.equal(await page.locator('#answers .problem').count(), 1);
            assert.match(await text(page, '#answers .problem'),
                /cut-short\.jpg/);
            assert.equal(await page.locator('#visit-list li').count(), 3);
        });

    await onPage('a dropped picture is taken', async (page) => {
        await drag(page);
        assert.ok(await page.locator('#upload.dragging').count());
        await drag(page, 'drop');
        await page.locator('#chosen li').waitFor();
        assert.equal(await page.locator('#upload.dragging').count(), 0);
        assert.match(await text(page, '#chosen'), /dragged\.pgm/);
    });

    await onPage('a picture dropped beside the form does nothing',
        async (page) => {
            await drag(page, 'drop', 'h1');
            await page.waitForTimeout(200);
            assert.equal(await page.locator('#chosen li').count(), 0);
            assert.equal(page.url(), server.url);
        });

    await onPage('a pasted picture is taken', async (page) => {
        await page.evaluate(() => {
            const transfer = new DataTransfer();

            transfer.items.add(new File(['P5 1 1 255 x'], 'pasted.pgm'));
            document.dispatchEvent(new ClipboardEvent('paste',
                { clipboardData: transfer, bubbles: true,
                    cancelable: true }));
        });
        await page.locator('#chosen li').waitFor();
        await page.click('#send');
        await answered(page);
        assert.match(await text(page, '#answers .facts'), /pasted\.pgm/);
    });

    await onPage('a photo is taken with the camera', async (page) => {
        await page.click('#camera');
        await page.locator('#shutter:enabled').waitFor();
        await page.click('#shutter');
        await page.locator('#chosen li').waitFor();
        assert.equal(await page.locator('#shoot').isVisible(), false);
        assert.ok(await page.evaluate(() => document
            .getElementById('video').srcObject === null));
        await page.click('#send');
        await answered(page);
        assert.match(await text(page, '#answers .facts'), /camera\.jpg/);
    });

    await onPage('a camera that may not be used is explained',
        async (page) => {
            await page.evaluate(() => {
                navigator.mediaDevices.getUserMedia = () => Promise.reject(
                    new DOMException('no', 'NotAllowedError'));
            });
            await page.click('#camera');
            await page.getByText('The browser may not use the camera')
                .waitFor();
            await page.keyboard.press('Escape');
            assert.equal(await page.locator('#shoot').isVisible(), false);
            assert.equal(await focused(page), 'camera');
        });

    await onPage('a phone takes the photo with its own app', async (page) => {
        const chooser = page.waitForEvent('filechooser');

        await page.click('#camera');
        assert.equal(await (await chooser).element()
            .getAttribute('capture'), 'user');
        await (await chooser).setFiles(files['photo.jpg']);
        await page.locator('#chosen li').waitFor();
    }, { viewport: PHONE, isMobile: true, hasTouch: true });

    await onPage('a picture is shown as its orientation says',
        async (page) => {
            await choose(page, files['turned.jpg']);

            const image = page.locator('#chosen img');

            await page.waitForFunction(() => document
                .querySelector('#chosen img').naturalWidth > 0);
            assert.deepEqual(await image.evaluate((each) => (
                [each.naturalWidth, each.naturalHeight])), [200, 400]);
            await page.click('#send');
            await answered(page);
            assert.match(await text(page, '#answers .facts'),
                /400 × 200 pixels, turned upright first/);
        });

    await test('a real 12-megapixel photo is turned and answered',
        async () => {
            const file = path.join(process.env.FACETREE_SHARED
                ?? path.join(ROOT, '../shared'),
            'images/photos/phone-12mp-4000x3000-exif6-q80.jpg');

            if (!fs.existsSync(file)) {
                return 'skipped';
            }

            const page = await open(browser, server.url);

            try {
                await choose(page, file);
                await page.waitForFunction(() => document
                    .querySelector('#chosen img').naturalWidth > 0);
                assert.deepEqual(await page.locator('#chosen img').evaluate(
                    (each) => [each.naturalWidth, each.naturalHeight]),
                [3000, 4000]);
                await page.click('#send');
                await answered(page);
                assert.match(await text(page, '#answers .facts'),
                    /JPEG, 4,000 × 3,000 pixels, turned upright first/);
                assert.deepEqual(page.troubles, []);
                return 'passed';

            } finally {
                await page.context().close();
            }
        });

    await onPage('a 12-megapixel photo is answered', async (page) => {
        await ask(page, files['12-megapixels.jpg']);
        assert.match(await text(page, '#answers .facts'),
            /4,000 × 3,000 pixels/);
    });

    await onPage('an upload shows how far it is, and can be cancelled',
        async (page) => {
            await uploading(page, files['12-megapixels.jpg']);
            assert.match(await text(page, '#sending'), /^Sending, \d+%/);
            assert.ok(await page.locator('#send').isDisabled());
            assert.equal(await focused(page), 'cancel');
            await page.click('#cancel');
            await page.locator('#sending').waitFor({ state: 'hidden' });
            assert.equal(await text(page, '#status'), 'Cancelled.');
            assert.equal(await page.locator('#chosen li').count(), 1);
            assert.equal(await focused(page), 'send');
        });

    await onPage('a chosen picture can be removed', async (page) => {
        await choose(page, files['photo.jpg'], files['face.pgm']);
        await page.click('[aria-label="Remove photo.jpg"]');
        assert.equal(await page.locator('#chosen li').count(), 1);
        assert.equal(await page.evaluate(() => document.activeElement
            .getAttribute('aria-label')), 'Remove face.pgm');
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('#chosen li').count(), 0);
        assert.equal(await focused(page), 'file');
    });

    await onPage('the keyboard is enough', async (page) => {
        await choose(page, files['photo.jpg']);
        await page.focus('#file');

        for (let i = 0; i < 6 && await focused(page) !== 'send'; i++) {
            await page.keyboard.press('Tab');
        }

        await page.keyboard.press('Enter');
        await answered(page);
        assert.equal(await focused(page), 'H2');

        await page.focus('.past');
        await page.keyboard.press('Enter');
        assert.equal(await focused(page), 'H2');
    });
}


async function refusing() {
    await onPage('nothing chosen is said beside the field', async (page) => {
        await page.click('#send');
        assert.match(await text(page, '#refusal'), /^Choose a picture/);
        assert.equal(await focused(page), 'file');
        assert.equal(await page.getAttribute('#file', 'aria-invalid'),
            'true');
    });

    for (const [name, pattern] of [
        ['phone.heic', /not accepted.*iPhone/s],
        ['moving.gif', /not accepted/],
        ['notes.txt', /not accepted/],
        ['empty.jpg', /No picture was sent/],
        ['34-megabytes.jpg', /The file is too large/],
        ['132-megapixels.png', /The picture is too large/]
    ]) {
        await onPage(`${name} is not even sent`, async (page) => {
            const sent = [];

            page.on('request', (request) => sent.push(request.method()));
            await choose(page, files[name]);
            await page.locator('#chosen .why').waitFor();
            assert.match(await text(page, '#chosen .why'), pattern);
            await page.click('#send');
            assert.match(await text(page, '#refusal'), /cannot be sent/);
            assert.ok(!sent.includes('POST'));
        });
    }

    await onPage('too many pictures are not even sent', async (page) => {
        await choose(page, ...Array(17).fill(files['face.png']));
        await page.waitForFunction(() => document
            .getElementById('refusal').textContent !== '');
        assert.match(await text(page, '#refusal'), /17 of at most 16/);
    });

    for (const [name, status, heading, more] of [
        ['cut-short.jpg', 422, 'The picture cannot be read', /truncated/],
        ['phone.heic', 415, 'This format is not accepted', /HEIC/],
        ['notes.txt', 415, 'This format is not accepted', /JPEG, PNG/],
        ['34-megabytes.jpg', 413, 'The file is too large', /smaller file/],
        ['132-megapixels.png', 413, 'The picture is too large',
            /132,000,000 pixels/]
    ]) {
        await onPage(`${name} refused with ${status} is explained`,
            async (page) => {
                await ask(page, files[name]);
                assert.equal(await text(page, '#answers h2'), heading);
                assert.match(await text(page, '#answers'), more);
                assert.match(await text(page, '#answers .code'),
                    new RegExp(`^${status}`));
                assert.equal(await text(page, '#status'), heading);
                assert.equal(await page.title(), `${heading} – facetree`);
                assert.equal(await focused(page), 'H2');
            }, { before: withoutLimits });
    }

    await onPage('too many pictures refused with 413 are explained',
        async (page) => {
            await ask(page, ...Array(17).fill(files['face.png']));
            assert.equal(await text(page, '#answers h2'),
                'Too many pictures at once');
            assert.match(await text(page, '#answers .facts'),
                /16 pictures/);
        }, { before: withoutLimits });

    await onPage('a busy server is asked again when it says so',
        async (page) => {
            await ask(page, files['photo.jpg']);
            assert.equal(await text(page, '#answers h2'),
                'The server is busy');

            const again = page.locator('#answers .button');

            assert.match(await again.innerText(), /^Try again in [12] s$/);
            assert.ok(await again.isDisabled());
            await page.unroute('**/predict*');
            await page.locator('#answers .button:enabled').click();
            await page.locator('#answers .answer').waitFor();
        }, {
            before: (page) => refuseWith(page, 503, { 'retry-after': '2' },
                { type: 'urn:facetree:error:overload' })
        });

    await onPage('a refusal that is no document of ours is explained',
        async (page) => {
            await ask(page, files['photo.jpg']);
            assert.equal(await text(page, '#answers h2'),
                'The server does not answer');
        }, {
            before: (page) => page.route('**/predict*', (route) => route
                .fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' }))
        });

    await onPage('an answer that makes no sense is no answer',
        async (page) => {
            await ask(page, files['photo.jpg']);
            assert.equal(await text(page, '#answers h2'),
                'The answer makes no sense');
        }, {
            before: (page) => page.route('**/predict*', (route) => route
                .fulfill({ status: 200, body: '<h1>Welcome</h1>' }))
        });

    await onPage('offline is told, and the picture kept', async (page) => {
        await choose(page, files['photo.jpg']);
        await page.context().setOffline(true);
        await page.click('#send');
        await answered(page);
        assert.equal(await text(page, '#answers h2'), 'You are offline');
        await page.context().setOffline(false);
        await page.click('#answers .button');
        await page.locator('#answers .answer').waitFor();
    });

    await onPage('a server that is gone is told, and asked again',
        async (page) => {
            await choose(page, files['photo.jpg']);
            await server.stop();
            await page.click('#send');
            await answered(page);
            assert.equal(await text(page, '#answers h2'),
                'The server does not answer');
            await server.start();
            await page.click('#answers .button');
            await page.locator('#answers .answer').waitFor();
        });
}


async function samples() {
    await onPage('a sample is said to be right', async (page) => {
        await sampleThatIs(page, 'right');
        assert.match(await text(page, '#answers .truth'),
            /^Right\. It is p\d+/);
        assert.match(await text(page, '#samples-score'),
            /1 of \d+ samples? right so far/);
    });

    await onPage('a sample is said to be wrong', async (page) => {
        await sampleThatIs(page, 'wrong');

        const said = await text(page, '#answers h2 strong');
        const truth = await text(page, '#answers .truth strong + strong');

        assert.match(said, /^p\d+$/);
        assert.notEqual(said, truth);
        assert.equal((await text(page, '.sample.wrong .mark'))
            .replace(/\s+/g, ' '), `✗ said ${said}`);
    });

    await onPage('both kinds are among the samples of a good model',
        async (page) => {
            const list = await (await page.request.get(
                `${forest.url}samples/samples.json`)).json();
            const right = list.samples.filter((each) => (
                each.predicted === each.label)).length;

            assert.ok(right >= 3 && right <= list.samples.length - 3,
                `${right} of ${list.samples.length}`);
            assert.match(await text(page, '#samples-note'), new RegExp(
                `Of all 120 like them the model gets ${list.held_out.correct}`
                + ' right'));

            for (let i = 0; i < 3; i++) {
                await sample(page, i);
                assert.equal(await page.locator(`#answers .truth.${
                    list.samples[i].predicted === list.samples[i].label
                        ? 'right' : 'wrong'}`).count(), 1);
            }
        }, { on: () => forest });

    await onPage('long names and names in any script fit', async (page) => {
        await sample(page, 0);
        await looksRight(page);
        assert.match(await text(page, '#answers h2'), /Wolfeschlegelstein/);
    }, {
        viewport: PHONE,
        before: (page) => changeAnswers(page, ({ predictions: [first] }) => {
            first.label = 'Wolfeschlegelsteinhausenbergerdorffvoralternwaren'
                + 'gewissenhaftschaferswessenschafewarenwohlgepflege';
            first.top[0].label = first.label;
            first.top[1].label = 'أبو عبد الله محمد بن موسى الخوارزمي';
            first.top[2].label = '<b>"&amp;\u202e名前🙂</b>';
            first.filename = `${'x'.repeat(300)}.jpg`;
        })
    });

    await onPage('drawn faces are called synthetic everywhere',
        async (page) => {
            await sample(page, 0);

            for (const place of ['#samples', '#model', '#answers']) {
                assert.equal(await page.locator(`${place} .synthetic`)
                    .count(), 1, place);
            }
        });

    await onPage('without samples and model.json nothing is shown of them',
        async (page) => {
            assert.equal(await page.locator('#samples').isVisible(), false);
            assert.equal(await page.locator('#model').isVisible(), false);
            await ask(page, files['photo.jpg']);
        }, {
            before: (page) => page.route(/(samples|model)\.json$/,
                (route) => route.fulfill({ status: 404 }))
        });

    await onPage('the model card tells what model.json says',
        async (page) => {
            const model = JSON.parse(fs.readFileSync(path.join(server.html,
                'model.json'), 'utf8'));
            const card = await text(page, '#model');

            assert.match(card, new RegExp(
                `${(model.accuracy * 100).toFixed(1)}%\\s+of 120 pictures that `
                + 'training never saw are named rightly \\(95% interval'));
            assert.match(card, /400 pictures of 40 people/);
            assert.match(card, /A closed set of 40 people; a stranger/);
            assert.match(card, /max_depth=25, .*min_samples_leaf=2/);
            assert.ok(card.includes(model.model.version.slice(0, 12)));
            assert.match(card, /Mistakes\s+60 of 120: p\d+ taken for p\d+/);
            assert.ok(!card.includes('ccp_alpha'), 'a default is told');
        });

    await onPage('answers of this visit are kept, and forgotten',
        async (page) => {
            await sample(page, 0);

            const first = await text(page, '#answers h2');

            await sample(page, 1);
            assert.equal(await page.locator('#visit-list li').count(), 2);
            await page.locator('.past').last().click();
            assert.equal(await text(page, '#answers h2'), first);
            await page.click('#forget');
            assert.equal(await page.locator('#visit').isVisible(), false);
            assert.equal(await page.locator('#answers').isVisible(), false);
            assert.match(await page.title(), /^facetree – /);
            assert.equal(await page.evaluate(() => localStorage.length
                + sessionStorage.length + document.cookie.length), 0);
        });
}


async function seeing() {
    await onPage('the decisions of a tree are told in words',
        async (page) => {
            await sample(page, 0);
            assert.equal(await page.locator('.step').count(), PATH.length);
            await page.locator('.step').nth(1).focus();
            assert.equal(await text(page, '.words'), 'The pixel at column '
                + '40, row 22 is 140, above 99.5: go right. 43 training '
                + 'pictures had come this far, 21 went the same way.');
            await page.locator('.step').first().hover();
            assert.match(await text(page, '.words'),
                /column 12, row 30 is 87, not above 102\.5: go left/);
            assert.equal(await page.locator('.overlay .current')
                .count(), 1);

            const box = page.locator('.overlay .current .dot');

            assert.deepEqual([await box.getAttribute('x'),
                await box.getAttribute('y')], ['12', '30']);
            assert.equal(await page.locator('.saw .seen').evaluate(
                (image) => getComputedStyle(image).imageRendering),
            'pixelated');
        }, {
            before: (page) => changeAnswers(page, (json) => {
                json.predictions[0].explain = { path: PATH,
                    image: 'samples/01.png' };
            })
        });

    await onPage('the path of a tree is drawn in its order', async (page) => {
        const answer = page.waitForResponse('**/predict*');

        await sample(page, 0);

        const [prediction] = (await (await answer).json()).predictions;
        const { path: steps } = prediction.explain;

        assert.equal(await page.locator('.step').count(), steps.length);
        assert.deepEqual((await page.locator('.overlay .mark text')
            .allTextContents()).map(Number).sort((one, two) => one - two),
        steps.map((_, i) => i + 1));
        assert.deepEqual(await page.locator('.saw .seen').evaluate(
            (image) => [image.naturalWidth, image.naturalHeight]), [64, 64]);

        const walked = page.locator('.trail.walked');
        const corners = async () => (await walked.getAttribute('points'))
            .split(' ').length;

        assert.equal(await corners(), 1);
        await page.locator('.step').nth(3).focus();
        assert.equal(await corners(), 4);
        await page.locator('.step').last().focus();
        assert.equal(await walked.getAttribute('points'), steps
            .map((step) => `${step.x + 0.5},${step.y + 0.5}`).join(' '));
    });

    await onPage('the pixels of a forest are told in words',
        async (page) => {
            const answer = page.waitForResponse('**/predict*');

            await sample(page, 0);

            const [prediction] = (await (await answer).json()).predictions;
            const { pixels, trees } = prediction.explain;

            assert.equal(await page.locator('.heat').count(), pixels.length);
            assert.equal(await text(page, '.words'), 'The pixel at column '
                + `${pixels[0].x}, row ${pixels[0].y} was tested by `
                + `${pixels[0].count} of ${trees} trees.`);

            const heats = await page.locator('.heat').evaluateAll(
                (marks) => new Set(marks.map((mark) => mark.classList[2]))
                    .size);

            assert.ok(heats > 1, 'one heat for all');
            await page.locator('.step').nth(2).hover();
            assert.match(await text(page, '.words'), new RegExp(
                `column ${pixels[2].x}, row ${pixels[2].y} `));
        }, { on: () => forest });

    await onPage('a page without a path shows none', async (page) => {
        await sample(page, 0);
        assert.equal(await page.locator('.saw').count(), 0);
    }, {
        before: (page) => changeAnswers(page, (json) => {
            delete json.predictions[0].explain;
        })
    });
}


async function plain() {
    const off = { javaScriptEnabled: false };

    await onPage('without scripts the form is answered by a page',
        async (page) => {
            await page.setInputFiles('#file', files['face.png']);
            await page.click('#send');
            await page.locator('.answer h1').waitFor();
            assert.match(await text(page, 'h1'), /^This looks like p\d/);
            assert.match(new URL(page.url()).pathname, /^\/predict$/);
            assert.match(await page.title(), /^This looks like p\d+ – face/);
            assert.match(await text(page, '.trust'), /gets [\d.]+% right/);
            assert.match(await text(page, '.model'),
                /on 120 pictures that training never saw/);

            const steps = await page.locator('.path tbody tr').count();

            assert.ok(steps > 0);
            assert.equal(await page.locator('.overlay .dot').count(), steps);
            assert.match(await page.locator('.overlay title').first()
                .textContent(), /^1: the pixel at column \d+, row \d+ is /);
        }, off);

    await onPage('without scripts a forest shows its heat', async (page) => {
        await postForm(page, files['face.png']);
        assert.ok(await page.locator('.overlay .heat').count() > 10);
        assert.match(await page.locator('.overlay title').last()
            .textContent(), /was tested by \d+ of 50 trees$/);
    }, { ...off, on: () => forest });

    await onPage('without scripts a doubtful answer says so', async (page) => {
        await postForm(page, files['face.png']);
        assert.equal(await text(page, 'h1'), 'Not sure who this is');
        assert.match(await text(page, '.decision'), /from 99\.9% on/);
    }, { ...off, on: () => forest, before: strictly });

    await onPage('without scripts there are samples too', async (page) => {
        await page.click('noscript a');
        assert.equal(page.url(), `${server.url}samples/`);
        assert.equal(await text(page, 'h1'), 'Sample faces');

        for (const mark of ['right', 'wrong']) {
            assert.ok(await page.locator(`.sample.${mark}`).count(), mark);
        }

        assert.match(await text(page, '.model'), /p\d+ taken for p\d+ \(\d/);

        const [width, saved] = await Promise.all([
            page.locator('.sample img').first().evaluate(
                (image) => image.naturalWidth),
            page.waitForEvent('download').then((file) => (
                file.suggestedFilename())),
            page.locator('.sample a').first().click()]);

        assert.deepEqual([width, saved], [64, '01.png']);
        await page.click('.actions a');
        assert.equal(page.url(), server.url);
    }, off);

    await onPage('what is not there is a page too', async (page) => {
        const response = await page.goto(`${server.url}samples/99.png`);

        assert.equal(response.status(), 404);
        assert.equal(await text(page, 'h1'), 'Nothing is here');
        await page.click('.actions a');
        assert.equal(page.url(), server.url);
    }, off);

    await onPage('without scripts a refusal is a page', async (page) => {
        await page.setInputFiles('#file', files['cut-short.jpg']);
        await page.click('#send');
        await page.locator('.problem h1').waitFor();
        assert.equal(await text(page, 'h1'), 'The picture cannot be read');
        await page.click('.actions a');
        assert.equal(page.url(), server.url);
    }, off);

    await onPage('without scripts nothing is shown that needs them',
        async (page) => {
            for (const id of ['sources', 'cancel', 'samples', 'model',
                'visit', 'shoot', 'sending'])
            {
                assert.equal(await page.locator(`#${id}`).isVisible(),
                    false, id);
            }
        }, off);
}


async function delivery() {
    const parts = ['', 'style.css', 'favicon.svg', 'facetree.js',
        ...fs.readdirSync(path.join(server.html, 'js'))
            .map((name) => `js/${name}`)];
    const gzip = { 'accept-encoding': 'gzip' };

    await test('page, styles and scripts are under 60 KB', async () => {
        let total = 0;

        for (const part of parts) {
            const response = await get(server.url + part, gzip);

            assert.equal(response.status, 200, part);
            assert.equal(response.headers['content-encoding'], 'gzip', part);
            total += response.body.length;
        }

        assert.ok(total < TRANSFER, `${total} bytes`);
    });

    await test('no part of an old version is used with a new one',
        async () => {
            for (const part of parts) {
                const { headers } = await get(server.url + part);

                assert.equal(headers['cache-control'],
                    part === 'favicon.svg' ? 'max-age=86400'
                        : 'no-cache', part);
                assert.equal((await get(server.url + part,
                    { 'if-none-match': headers.etag })).status, 304, part);
                assert.equal(headers['content-security-policy'], CSP, part);
                assert.equal(headers['x-content-type-options'], 'nosniff');
                assert.match(headers.vary, /Accept-Encoding/i);
            }
        });

    await test('all scripts are asked for at once', async () => {
        const page = (await get(server.url)).body.toString();

        for (const part of parts.filter((each) => each.startsWith('js/'))) {
            assert.ok(page.includes(`rel="modulepreload" href="${part}"`),
                part);
        }
    });

    await onPage('nothing moves while the page loads', async (page) => {
        await page.locator('#model').waitFor();
        await page.waitForTimeout(300);

        const shift = await page.evaluate(() => window.shift);

        assert.ok(shift < 0.01, `shifted by ${shift}`);
    }, {
        before: async (page) => {
            await page.addInitScript(() => {
                window.shift = 0;
                new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) {
                        window.shift += entry.value;
                    }
                }).observe({ type: 'layout-shift', buffered: true });
            });
            await page.route('**/*.json', async (route) => {
                await new Promise((resolve) => {
                    setTimeout(resolve, 300);
                });
                await route.continue();
            });
        }
    });

    await onPage('it can be printed', async (page) => {
        await sample(page, 0);
        await page.emulateMedia({ media: 'print' });
        assert.equal(await page.locator('#upload').isVisible(), false);
        assert.equal(await page.locator('#answers').isVisible(), true);
    });
}


/* As sent, not as a browser mends it. */

async function markup() {
    await test('the page has words for all that the server refuses',
        async () => {
            const source = fs.readFileSync(path.join(ROOT,
                'core/facetree_html.c'), 'utf8');
            const words = fs.readFileSync(path.join(ROOT,
                'html/js/words.js'), 'utf8');
            const tokens = [...source.matchAll(/^ {4}\{ "([a-z_]+)", "/gm)]
                .map(([, token]) => token);

            assert.ok(tokens.length > 10);

            /* The page never asks with a wrong method. */
            assert.deepEqual(tokens.filter((token) => token !== 'method'
                && !new RegExp(`^ {4}${token}: \\[`, 'm').test(words)), []);
        });

    const validator = new HtmlValidate({ root: true,
        extends: ['html-validate:recommended'] });

    const check = async (name, { status, text: page }, expected) => {
        assert.equal(status, expected, name);

        const report = await validator.validateString(page);

        assert.deepEqual(report.results.flatMap((each) => each.messages.map(
            (one) => `${name}, line ${one.line}: ${one.message}`)), []);
    };

    await test('pages of the server are valid', async () => {
        for (const [name, status] of [['face.png', 200], ['face.pgm', 200],
            ['cut-short.jpg', 422], ['phone.heic', 415], ['notes.txt', 415],
            ['132-megapixels.png', 413], ['34-megabytes.jpg', 413],
            ['empty.jpg', 400]])
        {
            await check(name, await post(`${server.url}predict?explain=1`,
                fs.readFileSync(files[name])), status);
        }

        const face = fs.readFileSync(files['face.png']);

        await check('forest', await post(`${forest.url}predict?explain=1`,
            face), 200);
        await check('unknown', await post(`${forest.url}strict?explain=1`,
            face), 200);
        await check('samples', { status: 200, text: (await get(
            `${server.url}samples/`)).body.toString() }, 200);

        const asked = await get(`${server.url}predict`,
            { accept: 'text/html' });

        await check('405', { status: asked.status,
            text: asked.body.toString() }, 405);

        const lost = await get(`${server.url}elsewhere`);

        await check('404', { status: lost.status,
            text: lost.body.toString() }, 404);
    });
}


async function otherModels() {
    await test('a model of the Olivetti faces is shown with its credit',
        async () => {
            const data = olivetti();

            if (!data) {
                return 'skipped';
            }

            const real = await Server.create({ data });

            try {
                const page = await open(browser, real.url,
                    { viewport: DESKTOP });

                await sampleThatIs(page, 'wrong');
                await sampleThatIs(page, 'right');
                await looksRight(page);
                assert.match(await text(page, '#model'),
                    /43\.3%\s+of 120 pictures[^]*AT&T Laboratories/);
                assert.equal(await page.locator('.synthetic').count(), 0);
                assert.deepEqual(page.troubles, []);
                await page.context().close();
                return 'passed';

            } finally {
                await real.remove();
            }
        });
}


async function lighthouse() {
    for (const part of ['', 'samples/']) {
        await test(`lighthouse on /${part}`, async () => {
            const report = await scores(server.url + part,
                ['accessibility', 'best-practices']);

            if (report === null) {
                return 'skipped';
            }

            assert.equal(report.error, null);
            assert.equal(report.of.accessibility, 100, `${report.lost}`);
            assert.ok(report.of['best-practices'] >= 95, `${report.lost}`);
            return 'passed';
        });
    }
}


async function main() {
    server = await Server.create();
    forest = await Server.create({ settings: FOREST });
    browser = await launch();

    const page = await open(browser, server.url);

    files = await makeFixtures(page, folder,
        path.join(server.html, 'samples/01.png'));
    await page.context().close();

    for (const group of [states, sending, refusing, samples, seeing, plain,
        delivery, markup, otherModels, lighthouse])
    {
        await group();
    }

    await test('nginx has nothing to complain about', async () => {
        const lines = `${server.log()}\n${forest.log()}`.split('\n')
            .filter((line) => /\[(alert|emerg|crit)\]/.test(line));

        assert.deepEqual(lines, []);
    });
}


try {
    await main();

} catch (error) {
    console.log(`FAILED  to set up: ${error.stack}`);
    count.failed++;

} finally {
    await browser?.close();
    await server?.remove();
    await forest?.remove();
    fs.rmSync(folder, { recursive: true });
}

console.log(`${count.passed} passed, ${count.failed} failed, `
    + `${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;
