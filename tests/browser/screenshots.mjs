/*
 * Copyright (C) facetree contributors
 *
 * Pictures of the states of the page, to look at.
 *
 *     node screenshots.mjs FOLDER [PATTERN]
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { launch, open } from './browser.mjs';
import { makeFixtures } from './fixtures.mjs';
import { FOREST, Server } from './server.mjs';
import { DESKTOP, PHONE, STATES } from './states.mjs';


const WAYS = {
    'light': { viewport: DESKTOP, colorScheme: 'light' },
    'dark': { viewport: DESKTOP, colorScheme: 'dark' },
    'phone': { viewport: PHONE, isMobile: true, hasTouch: true }
};

/* Some states in some other ways. */

const MORE = {
    'wide': { viewport: { width: 1920, height: 1080 } },
    'tablet': { viewport: { width: 820, height: 1180 }, hasTouch: true },
    'forced-colors': { viewport: DESKTOP, forcedColors: 'active' },
    'print': { viewport: { width: 794, height: 1123 }, media: 'print' }
};

const OFTEN = /^(empty|answer|forest|several|plain-answer)$/;

/* The two of the README: from the top of the page, and from the answer. */

const README = [
    { name: 'page', state: 'answer', top: 'header',
        options: { colorScheme: 'light' } },
    { name: 'page-dark', state: 'forest', top: '#answers',
        options: { colorScheme: 'dark' } }
];

const README_SIZE = { width: 1200, height: 1280 };

const out = process.argv[2];
const wanted = new RegExp(process.argv[3] ?? '');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'facetree-files-'));
const server = await Server.create();
const forest = await Server.create({ settings: FOREST });
const browser = await launch();

try {
    const first = await open(browser, server.url);
    const files = await makeFixtures(first, folder,
        path.join(server.html, 'samples/01.png'));

    fs.mkdirSync(out, { recursive: true });

    const take = async (name, state, options, top = null) => {
        const { url } = state.forest ? forest : server;
        const page = await open(browser, url, { ...options,
            reducedMotion: 'reduce', javaScriptEnabled: !state.plain },
        state.before);

        await state.go(page, files);
        await page.emulateMedia({ media: options.media ?? 'screen' });

        if (top) {
            await page.locator(top).first().evaluate(
                (each) => each.scrollIntoView());
        }

        await page.screenshot({ path: path.join(out, `${name}.png`),
            fullPage: !top && state.name !== 'camera' });
        await page.context().close();
    };

    for (const state of STATES) {
        const ways = OFTEN.test(state.name) ? { ...WAYS, ...MORE } : WAYS;

        for (const [way, options] of Object.entries(ways)) {
            const name = `${state.name}-${way}`;

            if (!state.skip?.(options) && wanted.test(name)) {
                await take(name, state, options);
            }
        }
    }

    for (const { name, state, options, top } of README) {
        if (wanted.test(name)) {
            await take(name, STATES.find((each) => each.name === state),
                { ...options, viewport: README_SIZE }, top);
        }
    }

} finally {
    await browser.close();
    await server.remove();
    await forest.remove();
    fs.rmSync(folder, { recursive: true });
}
