/*
 * Copyright (C) facetree contributors
 *
 * The states of the page, and how to get there.  Tests check each of them,
 * "make screenshots" takes their pictures.
 */

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 320, height: 640 };


export async function choose(page, ...files) {
    await page.setInputFiles('#file', files);
    await page.locator('#chosen li').nth(files.length - 1).waitFor();
    await page.waitForFunction(() => document.getElementById('status')
        .textContent !== '');
}


export async function answered(page) {
    await page.locator('#answers .card').first().waitFor();
    await page.waitForTimeout(100);
}


export async function ask(page, ...files) {
    await choose(page, ...files);
    await page.click('#send');
    await answered(page);
}


/* Takes the limits out of the form, so that the server has to refuse. */

export async function withoutLimits(page) {
    await page.route((url) => url.pathname === '/', async (route) => {
        const response = await route.fetch();
        const body = await response.text();

        await route.fulfill({ response,
            body: body.replace(/ data-[a-z-]+="[^"]*"/g, '') });
    });
}


/* Answers in place of the server; "change" gets a real answer to change. */

export async function changeAnswers(page, change) {
    await page.route('**/predict*', async (route) => {
        const response = await route.fetch();
        const json = await response.json();

        change(json);
        await route.fulfill({ response, json });
    });
}


export async function refuseWith(page, status, headers, problem) {
    await page.route('**/predict*', (route) => route.fulfill({ status,
        headers: { 'content-type': 'application/problem+json', ...headers },
        body: JSON.stringify({ status, ...problem }) }));
}


/* Sends the form to where the server accepts no answer below 99.9%. */

export async function strictly(page) {
    await page.route((url) => url.pathname === '/', async (route) => {
        const response = await route.fetch();
        const body = await response.text();

        await route.fulfill({ response,
            body: body.replace('action="predict', 'action="strict') });
    });
}


/* A path through a tree as the server explains it. */

export const PATH = [[12, 30, 87, 102.5, 'left', 280],
    [40, 22, 140, 99.5, 'right', 43], [30, 50, 60, 77.5, 'left', 21],
    [33, 12, 200, 150.5, 'right', 9], [50, 40, 20, 33.5, 'left', 4]
].map(([x, y, value, threshold, went, samples]) => (
    { x, y, value, threshold, went, samples }));

export async function drag(page, type = 'dragenter', target = '#drop') {
    await page.evaluate(([name, where]) => {
        const transfer = new DataTransfer();

        transfer.items.add(new File(['P5 1 1 255 x'], 'dragged.pgm'));
        document.querySelector(where).dispatchEvent(new DragEvent(name,
            { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }, [type, target]);
}


async function slowly(page, bytesPerSecond) {
    const session = await page.context().newCDPSession(page);

    await session.send('Network.emulateNetworkConditions', {
        offline: false, latency: 0, downloadThroughput: -1,
        uploadThroughput: bytesPerSecond
    });
}


export async function uploading(page, file) {
    await choose(page, file);
    await slowly(page, 300e3);
    await page.click('#send');
    await page.locator('#sending').waitFor();
    await page.waitForFunction(() => {
        const { value } = document.getElementById('progress');

        return value > 5;
    });
}


export async function sample(page, index) {
    const tile = page.locator('.sample').nth(index);

    await tile.click();
    await tile.locator('.mark:not(:empty)').waitFor();
    await answered(page);
}


/* The first sample that is answered rightly, or wrongly. */

export async function sampleThatIs(page, outcome) {
    const count = await page.locator('.sample').count();

    for (let i = 0; i < count; i++) {
        await sample(page, i);

        if (await page.locator(`#answers .truth.${outcome}`).count()) {
            return;
        }
    }

    throw new Error(`no sample is ${outcome}`);
}


/* The form as a browser without scripts sends it. */

export async function post(page, ...files) {
    await page.setInputFiles('#file', files);
    await page.click('#send');
    await page.locator('.card.answer, .card.problem').first().waitFor();
}


/*
 * before: prepares the page ahead of its loading; go: leads to the state once
 * it is loaded; plain: scripts are off; forest: the model is one, not a tree.
 * Both get the page and the fixtures.
 */

export const STATES = [
    { name: 'empty', go: async () => {} },
    {
        name: 'chosen',
        go: (page, files) => choose(page, files['photo.jpg'],
            files['turned.jpg'], files['face.pgm'])
    },
    {
        name: 'not-accepted',
        go: (page, files) => choose(page, files['face.png'],
            files['phone.heic'])
    },
    { name: 'dragging', go: (page) => drag(page) },
    {
        name: 'uploading',
        go: (page, files) => uploading(page, files['12-megapixels.jpg'])
    },
    { name: 'answer', go: (page) => sampleThatIs(page, 'right') },
    { name: 'wrong', go: (page) => sampleThatIs(page, 'wrong') },
    { name: 'forest', forest: true, go: (page) => sample(page, 1) },
    {
        name: 'unknown',
        forest: true,
        before: strictly,
        go: (page) => sample(page, 0)
    },
    {
        name: 'several',
        go: (page, files) => ask(page, files['photo.jpg'],
            files['turned.jpg'], files['cut-short.jpg'])
    },
    {
        name: 'corrupt',
        go: (page, files) => ask(page, files['cut-short.jpg'])
    },
    {
        name: 'too-many-pixels',
        before: withoutLimits,
        go: (page, files) => ask(page, files['132-megapixels.png'])
    },
    {
        name: 'busy',
        before: (page) => refuseWith(page, 503, { 'retry-after': '5' },
            { type: 'urn:facetree:error:overload',
                title: 'Service Unavailable' }),
        go: (page, files) => ask(page, files['photo.jpg'])
    },
    {
        name: 'offline',
        go: async (page, files) => {
            await choose(page, files['photo.jpg']);
            await page.context().setOffline(true);
            await page.click('#send');
            await answered(page);
        }
    },
    {
        name: 'camera',
        go: async (page) => {
            await page.click('#camera');
            await page.locator('#shutter:enabled').waitFor();
            await page.waitForTimeout(300);
        },
        skip: (options) => options.isMobile
    },
    { name: 'plain', plain: true, go: async () => {} },
    {
        name: 'plain-answer',
        plain: true,
        go: (page, files) => post(page, files['face.png'])
    },
    {
        name: 'plain-forest',
        plain: true,
        forest: true,
        go: (page, files) => post(page, files['face.png'])
    },
    {
        name: 'plain-unknown',
        plain: true,
        forest: true,
        before: strictly,
        go: (page, files) => post(page, files['face.png'])
    },
    {
        name: 'plain-several',
        plain: true,
        go: (page, files) => post(page, files['face.png'], files['face.pgm'],
            files['cut-short.jpg'])
    },
    {
        name: 'plain-error',
        plain: true,
        go: (page, files) => post(page, files['phone.heic'])
    },
    {
        name: 'plain-samples',
        plain: true,
        go: (page) => page.goto(new URL('samples/', page.url()).href)
    },
    {
        name: 'not-found',
        plain: true,
        go: (page) => page.goto(new URL('elsewhere', page.url()).href)
    }
];
