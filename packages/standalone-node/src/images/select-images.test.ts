import { expect, it } from 'vitest';
import type { ArchivedImage } from './archive-contents.js';
import { selectImages } from './select-images.js';

const here = 'linux/amd64';
const image = (name: string | undefined, ...platforms: readonly string[]): ArchivedImage => ({
  names: name === undefined ? [] : [name],
  digests: [],
  platforms,
});
const selected = (...names: readonly (readonly [number, string])[]) => ({
  type: 'selected',
  names: new Map(names.map(([index, name]) => [index, [name]])),
});

it.each<[string, readonly ArchivedImage[], string | undefined, object]>([
  ['one for this machine', [image('a.b/c:1', here)], undefined, selected([0, 'a.b/c:1'])],
  ['one that tells no platform', [image('a.b/c:1')], undefined, selected([0, 'a.b/c:1'])],
  [
    'one for another machine',
    [image('a.b/c:1', 'linux/arm64')],
    undefined,
    { type: 'refused', message: 'a.b/c:1 is for linux/arm64; this machine is linux/amd64' },
  ],
  ['a signature beside it', [image('a.b/c:1', here), image(undefined)], undefined, selected([0, 'a.b/c:1'])],
  ['an attestation before it', [image(undefined, 'unknown/unknown'), image('a.b/c:1', here)], 'other', selected([1, 'a.b/c:1'])],
  ['one name for two machines', [image('a.b/c:1', 'linux/arm64'), image('a.b/c:1', here)], undefined, selected([1, 'a.b/c:1'])],
  ['an index of several platforms', [image('a.b/c:1', 'linux/arm64', here)], undefined, selected([0, 'a.b/c:1'])],
  ['no name, and one given', [image(undefined, here)], 'app', selected([0, 'docker.io/library/app:latest'])],
  ['a tag alone, and a name given', [{ ...image(undefined, here), tag: '7' }], 'a.b/app', selected([0, 'a.b/app:7'])],
  [
    'no name for two machines, and one given',
    [image(undefined, 'linux/arm64'), image(undefined, here)],
    'app',
    selected([1, 'docker.io/library/app:latest']),
  ],
  [
    'no name, and an attestation',
    [image(undefined, here), image(undefined, 'unknown/unknown')],
    'app',
    selected([0, 'docker.io/library/app:latest']),
  ],
  ['no name and none given', [{ ...image(undefined, here), tag: '7' }], undefined, { type: 'nameless', tag: '7' }],
  [
    'two without a name',
    [image(undefined, here), { ...image(undefined, here), tag: 'b' }],
    'app',
    { type: 'refused', message: 'it has 2 images without a name (number 1, b), and one name was given' },
  ],
])('of an archive with %s', (_what, images, given, expected) => {
  expect(selectImages(images, here, given)).toEqual(expected);
});
