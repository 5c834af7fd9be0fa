/*
 * Copyright (C) facetree contributors
 *
 * Debian's chromium, and pages that remember what went wrong on them.
 */

import { chromium } from 'playwright-core';


export const CHROMIUM = process.env.CHROME_PATH ?? '/usr/bin/chromium';

export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage'];

/* For a machine that is busy with other things too. */
const TIMEOUT = 45000;

/* What a browser says when a test makes the server refuse or be away. */
const EXPECTED = /^Failed to load resource: /;


export function launch() {
    return chromium.launch({
        executablePath: CHROMIUM,
        headless: true,
        args: [...FLAGS, '--use-fake-device-for-media-stream',
            '--use-fake-ui-for-media-stream']
    });
}


/* "troubles" of the page: errors of scripts, CSP, requests to elsewhere. */

export async function open(browser, url, options = {}, before = null) {
    const context = await browser.newContext(options);
    const page = await context.newPage();

    page.setDefaultTimeout(TIMEOUT);

    page.troubles = [];

    page.on('pageerror', (error) => page.troubles.push(String(error)));

    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())
            && !EXPECTED.test(message.text()))
        {
            page.troubles.push(message.text());
        }
    });

    page.on('request', (request) => {
        const to = new URL(request.url());

        if (to.origin !== new URL(url).origin
            && !['data:', 'blob:'].includes(to.protocol))
        {
            page.troubles.push(`request to ${to.href}`);
        }
    });

    await before?.(page);
    await page.goto(url);

    /* The page has all that it asks for when it is loaded. */

    if (options.javaScriptEnabled !== false) {
        await page.locator('#main.ready').waitFor();
    }

    return page;
}
