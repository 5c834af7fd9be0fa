/*
 * Copyright (C) facetree contributors
 *
 * Files to send, made here: good ones, and one for every kind of refusal.
 */

import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';


const CRC = Array.from({ length: 256 }, (_, n) => {
    let value = n;

    for (let bit = 0; bit < 8; bit++) {
        value = (value & 1 ? 0xedb88320 : 0) ^ (value >>> 1);
    }

    return value >>> 0;
});


function crc(bytes) {
    let value = 0xffffffff;

    for (const byte of bytes) {
        value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
    }

    return (value ^ 0xffffffff) >>> 0;
}


function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);

    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);

    return out;
}


/* All black, one bit a pixel: small, however many pixels it has. */

function blackPng(width, height) {
    const head = Buffer.alloc(13);

    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head[8] = 1;

    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
        chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(
            Buffer.alloc((Math.ceil(width / 8) + 1) * height))),
        chunk('IEND', Buffer.alloc(0))]);
}


/* A JPEG with an EXIF segment that says how to turn it. */

function turned(jpeg, orientation) {
    const tiff = Buffer.from('4578696600004d4d002a00000008000101120003'
        + '0000000100000000', 'hex');
    const head = Buffer.from([0xff, 0xe1, 0, tiff.length + 6]);

    tiff.writeUInt16BE(orientation, tiff.length - 4);

    const next = Buffer.alloc(4);

    return Buffer.concat([jpeg.subarray(0, 2), head, tiff, next,
        jpeg.subarray(2)]);
}


/* Drawn in a browser: something like a photo, with noise to make it large. */

async function photo(page, width, height) {
    const url = await page.evaluate(([w, h]) => {
        const canvas = document.createElement('canvas');
        const pen = canvas.getContext('2d');

        canvas.width = w;
        canvas.height = h;

        const light = pen.createLinearGradient(0, 0, w, h);

        light.addColorStop(0, '#d8b48c');
        light.addColorStop(1, '#30405c');
        pen.fillStyle = light;
        pen.fillRect(0, 0, w, h);

        for (let i = 0; i < 4000; i++) {
            pen.fillStyle = `hsl(${i % 360} 40% ${20 + (i * 7) % 60}%)`;
            pen.fillRect((i * 7919) % w, (i * 104729) % h, w / 40, h / 90);
        }

        return canvas.toDataURL('image/jpeg', 0.9);
    }, [width, height]);

    return Buffer.from(url.split(',')[1], 'base64');
}


/* Writes them to "folder"; returns their paths by name. */

export async function makeFixtures(page, folder, face) {
    const files = {};

    const write = (name, data) => {
        files[name] = path.join(folder, name);
        fs.writeFileSync(files[name], data);
    };

    const small = await photo(page, 400, 200);
    const large = await photo(page, 4000, 3000);

    write('photo.jpg', small);
    write('turned.jpg', turned(small, 6));
    write('12-megapixels.jpg', large);
    write('cut-short.jpg', small.subarray(0, small.length / 2));
    write('132-megapixels.png', blackPng(12000, 11000));
    write('34-megabytes.jpg', Buffer.concat([small,
        Buffer.alloc(34e6 - small.length)]));
    write('empty.jpg', Buffer.alloc(0));
    write('phone.heic', Buffer.concat([Buffer.from([0, 0, 0, 24]),
        Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]));
    write('moving.gif', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALA'
        + 'AAAAABAAEAAAIBRAA7', 'base64'));
    write('notes.txt', 'no picture at all\n');
    write('face.pgm', Buffer.concat([Buffer.from('P5\n64 64\n255\n'),
        Buffer.alloc(4096, 130)]));
    write('face.png', fs.readFileSync(face));

    return files;
}
