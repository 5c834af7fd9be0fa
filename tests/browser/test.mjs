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

import { launch, open } from './browser.mjs';
import { makeFixtures } from './fixtures.mjs';
import { get, Server } from './server.mjs';
import { answered, ask, changeAnswers, choose, DESKTOP, drag, explained, HEAT,
    PATH, PHONE, refuseWith, sample, sampleThatIs, STATES, uploading,
    withoutLimits } from './states.mjs';


const TRANSFER = 60000;

/* Of one test; nothing waits for it to pass. */
const TIMEOUT = 60000;

const wanted = new RegExp(process.argv[2] ?? '');
const count = { passed: 0, failed: 0, skipped: 0 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'facetree-files-'));

let server, browser, files;


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

function onPage(name, run, { before = null, ...options } = {}) {
    return test(name, async () => {
        const page = await open(browser, server.url,
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
}


/* axe is a script itself: for it only those of the page are off. */

const withoutScript = (page) => page.route('**/facetree.js',
    (route) => route.fulfill({ status: 200, body: '',
        contentType: 'text/javascript' }));


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
            }, { ...options, before: state.plain ? withoutScript
                : state.before });
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
        ['11-megabytes.jpg', /The file is too large/],
        ['36-megapixels.png', /The picture is too large/]
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
        ['11-megabytes.jpg', 413, 'The file is too large', /smaller file/],
        ['36-megapixels.png', 413, 'The picture is too large',
            /36,000,000 pixels/]
    ]) {
        await onPage(`${name} refused with ${status} is explained`,
            async (page) => {
                await ask(page, files[name]);
                assert.equal(await text(page, '#answers h2'), heading);
                assert.match(await text(page, '#answers'), more);
                assert.match(await text(page, '#answers .code'),
                    new RegExp(`^${status}`));
                assert.equal(await text(page, '#status'), heading);
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
        assert.equal(await text(page, '.sample.wrong .mark'),
            `✗ said ${said}`);
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
                `${(model.accuracy * 100).toFixed(1)}% \\(95% interval`));
            assert.match(card, /400 pictures of 40 people/);
            assert.match(card, /A closed set of 40 people; a stranger/);
            assert.match(card, /max_depth=25 .*min_samples_leaf=2/);
            assert.ok(card.includes(model.model.version.slice(0, 12)));
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

    await onPage('the pixels of a forest are told in words',
        async (page) => {
            await sample(page, 0);
            assert.equal(await page.locator('.heat').count(), HEAT.length);
            assert.match(await text(page, '.words'),
                /column 0, row 0 was tested by 480 of 500 trees/);
        }, {
            before: (page) => changeAnswers(page, (json) => {
                json.predictions[0].explain = { trees: 500, pixels: HEAT,
                    image: 'samples/02.png' };
            })
        });

    await test('the server explains its answers to the page', async () => {
        const page = await open(browser, server.url, { viewport: DESKTOP });

        try {
            const answer = page.waitForResponse('**/predict*');

            await sample(page, 0);

            const [prediction] = (await (await answer).json()).predictions;

            if (!prediction.explain) {
                return 'skipped';
            }

            assert.equal(await page.locator('.step').count(),
                prediction.explain.path.length);
            assert.deepEqual(await page.locator('.saw .seen').evaluate(
                (image) => [image.naturalWidth, image.naturalHeight]),
            [64, 64]);
            assert.deepEqual(page.troubles, []);
            return 'passed';

        } finally {
            await page.context().close();
        }
    });

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

    await test('pages are asked for again, assets kept for a day',
        async () => {
            for (const part of parts) {
                const { headers } = await get(server.url + part);

                assert.equal(headers['cache-control'],
                    /\.(js|css|svg)$/.test(part) ? 'max-age=86400'
                        : 'no-cache', part);
                assert.ok(headers.etag, part);
                assert.equal(headers['content-security-policy'],
                    "default-src 'self'; img-src 'self' data: blob:", part);
            }
        });

    await onPage('it can be printed', async (page) => {
        await sample(page, 0);
        await page.emulateMedia({ media: 'print' });
        assert.equal(await page.locator('#upload').isVisible(), false);
        assert.equal(await page.locator('#answers').isVisible(), true);
    }, { before: (page) => changeAnswers(page, explained) });
}


async function main() {
    server = await Server.create();
    browser = await launch();

    const page = await open(browser, server.url);

    files = await makeFixtures(page, folder,
        path.join(server.html, 'samples/01.png'));
    await page.context().close();

    for (const group of [states, sending, refusing, samples, seeing, plain,
        delivery])
    {
        await group();
    }

    await test('nginx has nothing to complain about', async () => {
        const lines = server.log().split('\n').filter((line) => (
            /\[(alert|emerg|crit)\]/.test(line)));

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
    fs.rmSync(folder, { recursive: true });
}

console.log(`${count.passed} passed, ${count.failed} failed, `
    + `${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;
