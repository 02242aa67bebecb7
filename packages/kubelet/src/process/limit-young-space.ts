import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the space for young objects, which V8 makes larger while a program is busy and hardly gives back when it rests, as small as it is: some
 * 25 MiB less after thirty pods have started, and 60 on Node.js 24. Of the whole process, for as long as it runs.
 */
export const limitYoungSpace = (): void => setFlagsFromString('--semi-space-growth-factor=1');
