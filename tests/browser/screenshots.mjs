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
import { Server } from './server.mjs';
import { DESKTOP, PHONE, STATES } from './states.mjs';


const WAYS = {
    'light': { viewport: DESKTOP, colorScheme: 'light' },
    'dark': { viewport: DESKTOP, colorScheme: 'dark' },
    'phone': { viewport: PHONE, isMobile: true, hasTouch: true }
};

const out = process.argv[2];
const wanted = new RegExp(process.argv[3] ?? '');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'facetree-files-'));
const server = await Server.create();
const browser = await launch();

try {
    const first = await open(browser, server.url);
    const files = await makeFixtures(first, folder,
        path.join(server.html, 'samples/01.png'));

    fs.mkdirSync(out, { recursive: true });

    for (const state of STATES) {
        for (const [way, options] of Object.entries(WAYS)) {
            const name = `${state.name}-${way}`;

            if (state.skip?.(options) || !wanted.test(name)) {
                continue;
            }

            const page = await open(browser, server.url, { ...options,
                reducedMotion: 'reduce', javaScriptEnabled: !state.plain },
            state.before);

            await state.go(page, files);
            await page.screenshot({ path: path.join(out, `${name}.png`),
                fullPage: state.name !== 'camera' });
            await page.context().close();
        }
    }

} finally {
    await browser.close();
    await server.remove();
    fs.rmSync(folder, { recursive: true });
}
