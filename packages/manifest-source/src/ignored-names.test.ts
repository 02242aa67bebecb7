import { describe, expect, it } from 'vitest';
import { ignoredName } from './ignored-names.js';

describe('ignoredName', () => {
  it.each([
    '.web.yaml.swp',
    '.#web.yaml',
    '#web.yaml#',
    'web.yaml~',
    'web.yaml.~1~',
    '4913',
    'web.yaml.swx',
    'web.yaml.bak',
    'web.yaml.orig',
    'web.yaml.old',
    'web.yaml.tmp',
    'web.yaml.rpmnew',
    'web.yaml.rpmsave',
    'web.yaml.dpkg-new',
    'web.yaml.dpkg-dist',
    'web.yaml.ucf-old',
    'web.yaml.pacnew',
    'web.yaml.part',
    'sedAb3dE1',
    'web.yaml___jb_tmp___',
    '..data',
    '.gitignore',
  ])('skips %s', (name) => expect(ignoredName(name)).toEqual(expect.any(String)));

  it.each(['web.yaml', 'web.yml', 'web.json', 'web', 'README', 'bold.yaml', 'web.yaml.2', 'tmp', 'seder.yaml'])('reads %s', (name) =>
    expect(ignoredName(name)).toBeUndefined(),
  );
});
