/*
 * Copyright (C) facetree contributors
 *
 * A private nginx with conf/nginx.conf as it is shipped, but for the port and
 * a stricter location, the page of this checkout, and a model: of drawn faces,
 * unless told otherwise.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';


export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const BUILD = process.env.FACETREE_BUILD ?? path.join(ROOT, 'build');
const TRAINER = path.join(BUILD, 'facetree');
const NGINX = process.env.FACETREE_NGINX ?? '/usr/sbin/nginx';
const MODULE = 'ngx_http_facetree_module.so';


/*
 * Below those that the system gives out by itself, so that nobody gets it
 * before nginx does, or while nginx is away.
 */

async function freePort() {
    for (;;) {
        const port = 20000 + Math.floor(Math.random() * 12000);
        const socket = net.createServer();

        try {
            socket.listen(port, '0.0.0.0');
            await once(socket, 'listening');
            return port;

        } catch {
            /* taken */

        } finally {
            socket.close();
        }
    }
}


/* The data set of the real faces, or null; they are no part of the project. */

export function olivetti() {
    const file = process.env.FACETREE_OLIVETTI ?? path.join(
        process.env.FACETREE_SHARED ?? path.join(ROOT, '../shared'),
        'data/olivettifaces.mat');

    return fs.existsSync(file) ? file : null;
}


const TREE = ['--max-depth', '25', '--min-samples-leaf', '2'];

/* Fifty trees: enough to disagree, and grown in no time. */

export const FOREST = ['--estimator', 'random-forest', '--n-estimators',
    '50'];


function train(html, model, data, settings) {
    const run = (...args) => execFileSync(TRAINER, args,
        { stdio: ['ignore', 'ignore', 'inherit'] });

    run('train', '--quiet', '--data', data, '--out', model,
        '--random-state', '42', ...settings);
    run('samples', '--quiet', '--data', data, '--model', model,
        '--out', path.join(html, 'samples'));

    fs.copyFileSync(model.replace(/\.ftm$/, '.json'),
        path.join(html, 'model.json'));
}


/* Status, headers and body as sent, not decompressed. */

export function get(url, headers = {}) {
    return new Promise((resolve, reject) => {
        http.get(url, { headers }, (response) => {
            const chunks = [];

            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => resolve({ status: response.statusCode,
                headers: response.headers, body: Buffer.concat(chunks) }));
        }).on('error', reject);
    });
}


/* What the server says to a file in a body of its own, for a browser. */

export function post(url, body) {
    return new Promise((resolve, reject) => {
        const request = http.request(url, { method: 'POST', headers: {
            'accept': 'text/html', 'content-length': body.length,
            'content-type': 'application/octet-stream'
        } }, (response) => {
            const chunks = [];

            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => resolve({ status: response.statusCode,
                text: Buffer.concat(chunks).toString() }));
        });

        request.on('error', reject);
        request.end(body);
    });
}


/* Where no answer is sure enough. */

const STRICT = `location = /strict {
            facetree faces;
            facetree_threshold 0.999;
        }

        location @refused {`;


export class Server {
    static async create({ data = 'synthetic', settings = TREE } = {}) {
        const server = new Server();

        server.prefix = fs.mkdtempSync(path.join(os.tmpdir(),
            'facetree-browser-'));
        fs.chmodSync(server.prefix, 0o755);

        for (const name of ['conf', 'logs', 'modules', 'temp']) {
            fs.mkdirSync(path.join(server.prefix, name));
        }

        server.html = path.join(server.prefix, 'html');
        fs.cpSync(path.join(ROOT, 'html'), server.html, { recursive: true });
        fs.copyFileSync(path.join(BUILD, MODULE),
            path.join(server.prefix, 'modules', MODULE));
        train(server.html, path.join(server.prefix, 'conf', 'model.ftm'),
            data, settings);

        server.port = await freePort();
        server.url = `http://localhost:${server.port}/`;

        const conf = fs.readFileSync(path.join(ROOT, 'conf/nginx.conf'),
            'utf8');

        fs.writeFileSync(path.join(server.prefix, 'conf/nginx.conf'),
            conf.replace('listen 5000;', `listen ${server.port};`)
                .replace('location @refused {', STRICT));

        await server.start();

        return server;
    }

    async start() {
        const user = process.getuid() === 0 ? 'user www-data; ' : '';

        this.child = spawn(NGINX, ['-p', this.prefix,
            '-c', path.join(this.prefix, 'conf/nginx.conf'),
            '-e', path.join(this.prefix, 'logs/error.log'),
            '-g', `${user}daemon off;`], { stdio: 'inherit' });

        /* The file is written when the port is nginx's. */

        const pid = path.join(this.prefix, 'logs/nginx.pid');

        for (let tries = 0; tries < 400; tries++) {
            try {
                fs.accessSync(pid);
                await get(this.url);
                return;

            } catch {
                if (this.child.exitCode !== null) {
                    break;
                }

                await new Promise((resolve) => {
                    setTimeout(resolve, 50);
                });
            }
        }

        throw new Error(`nginx does not start:\n${this.log()}`);
    }

    log() {
        return fs.readFileSync(path.join(this.prefix, 'logs/error.log'),
            'utf8');
    }

    async stop() {
        if (this.child?.exitCode === null) {
            this.child.kill('SIGTERM');
            await once(this.child, 'exit');
        }
    }

    async remove() {
        await this.stop();
        fs.rmSync(this.prefix, { recursive: true });
    }
}
