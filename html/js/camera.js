/*
 * Copyright (C) facetree contributors
 *
 * Photos from the device's camera: on a phone through its own camera app (a
 * file input with capture), elsewhere in a dialog.
 */

import { byId, el } from './dom.js';


/* Quality of the JPEG that is sent, and the largest side of it. */
const QUALITY = 0.92;
const SIDE = 1024;

const TROUBLE = {
    NotAllowedError: 'The browser may not use the camera. Allow it in the '
        + 'browser’s settings for this page, or choose a file instead.',
    NotFoundError: 'No camera was found. Choose a file instead.',
    NotReadableError: 'The camera is in use elsewhere. Close what uses it, or '
        + 'choose a file instead.'
};


function capture(take) {
    const input = el('input', { type: 'file', accept: 'image/*',
        capture: 'user', class: 'unseen', tabindex: '-1',
        'aria-label': 'Photo from the camera' });

    input.addEventListener('change', () => {
        take([...input.files]);
        input.value = '';
    });

    byId('sources').append(input);

    return () => input.click();
}


/* The square in the middle, as the finder shows it, not mirrored. */

async function shot(video) {
    const side = Math.min(video.videoWidth, video.videoHeight);
    const size = Math.min(side, SIDE);
    const canvas = el('canvas', { width: size, height: size });

    canvas.getContext('2d').drawImage(video,
        (video.videoWidth - side) / 2, (video.videoHeight - side) / 2,
        side, side, 0, 0, size, size);

    const blob = await new Promise((resolve) => {
        canvas.toBlob(resolve, 'image/jpeg', QUALITY);
    });

    return new File([blob], 'camera.jpg', { type: 'image/jpeg' });
}


function dialog(take) {
    const shoot = byId('shoot');
    const video = byId('video');
    const shutter = byId('shutter');
    const text = byId('shoot-text');
    const hint = text.textContent;
    let stream = null;

    const stop = () => {
        stream?.getTracks().forEach((track) => track.stop());
        stream = null;
        video.srcObject = null;
    };

    const start = async () => {
        shutter.disabled = true;
        text.textContent = 'Starting the camera…';
        byId('finder').hidden = false;

        try {
            stream = await navigator.mediaDevices.getUserMedia({
                video: { facingMode: 'user', width: { ideal: 1280 } }
            });

            /* Closed while the browser was asking. */
            if (!shoot.open) {
                stop();
                return;
            }

            video.srcObject = stream;
            await video.play();
            shutter.disabled = false;
            text.textContent = hint;

        } catch (error) {
            text.textContent = TROUBLE[error.name]
                ?? 'The camera does not work. Choose a file instead.';
            byId('finder').hidden = true;
        }
    };

    shoot.addEventListener('close', stop);
    byId('shoot-close').addEventListener('click', () => shoot.close());

    shutter.addEventListener('click', async () => {
        const file = await shot(video);

        shoot.close();
        take([file]);
    });

    return () => {
        shoot.showModal();
        start();
    };
}


/* "take" gets files.  The button stays hidden where there is no camera. */

export function setUpCamera(take) {
    const button = byId('camera');
    const isPhone = matchMedia('(pointer: coarse)').matches;

    if (isPhone) {
        button.addEventListener('click', capture(take));

    } else if (navigator.mediaDevices?.getUserMedia) {
        button.addEventListener('click', dialog(take));

    } else {
        return;
    }

    button.hidden = false;
}
