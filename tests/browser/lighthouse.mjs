/*
 * Copyright (C) facetree contributors
 *
 * What Lighthouse says of a page.
 */

import { CHROMIUM, FLAGS } from './browser.mjs';


/*
 * Scores from 0 to 100 by category, and what cost points; null where the
 * package is not installed.
 */

export async function scores(url, categories) {
    let launcher, lighthouse;

    try {
        launcher = await import('chrome-launcher');
        lighthouse = await import('lighthouse');

    } catch {
        return null;
    }

    const chrome = await launcher.launch({ chromePath: CHROMIUM,
        chromeFlags: ['--headless=new', ...FLAGS] });

    try {
        const { lhr } = await lighthouse.default(url, { port: chrome.port,
            logLevel: 'silent', onlyCategories: categories,
            throttlingMethod: 'provided' });

        const lost = Object.values(lhr.audits).filter((audit) => (
            audit.score !== null && audit.score < 1))
            .map((audit) => audit.id);

        return { lost, error: lhr.runtimeError?.message ?? null,
            of: Object.fromEntries(categories.map((id) => (
                [id, Math.round(lhr.categories[id].score * 100)]))) };

    } finally {
        chrome.kill();
    }
}
