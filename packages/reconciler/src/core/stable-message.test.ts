import { expect, it } from 'vitest';
import { stableMessage } from './stable-message.js';

const id = '0123456789abcdef'.repeat(4);

it.each([
  [`failed to setup network for sandbox "${id}": no route`, 'failed to setup network for sandbox "<id>": no route'],
  [`container ${id} is not running, nor is ${id}`, 'container <id> is not running, nor is <id>'],
  [`pulled image@sha256:${id}`, `pulled image@sha256:${id}`],
  [`open /var/lib/blobs/${id}: no such file`, `open /var/lib/blobs/${id}: no such file`],
  [`${id}00 is longer`, `${id}00 is longer`],
])('%s', (message, stable) => expect(stableMessage(message)).toBe(stable));
