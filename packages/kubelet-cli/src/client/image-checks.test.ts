import { expect, it } from 'vitest';
import { parseImageChecks } from './image-checks.js';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

it('tells what a name leads to, and whether all of it is there', () => {
  const table = [
    'REF                     TYPE                                       DIGEST             STATUS           SIZE            UNPACKED ',
    `docker.io/library/a:1   application/vnd.oci.image.index.v1+json    ${digest('a')} complete (4/4)   2.0 MiB/2.0 MiB true     `,
    `docker.io/library/b:1   application/vnd.oci.image.manifest.v1+json ${digest('b')} incomplete (2/4) 1.0 MiB/2.0 MiB false    `,
    `docker.io/library/c:1   application/vnd.oci.image.manifest.v1+json ${digest('c')} incomplete (2/4) 1.0 MiB/2.0 MiB true     `,
    `docker.io/library/d:1   application/vnd.oci.image.manifest.v1+json ${digest('d')} unavailable (0/?) 0.0 B/?         false    `,
    '',
  ].join('\n');
  expect([...parseImageChecks(table)]).toEqual([
    ['docker.io/library/a:1', { digest: digest('a'), isWhole: true }],
    ['docker.io/library/b:1', { digest: digest('b'), isWhole: false }],
    ['docker.io/library/c:1', { digest: digest('c'), isWhole: true }],
    ['docker.io/library/d:1', { digest: digest('d'), isWhole: false }],
  ]);
  expect(parseImageChecks('')).toEqual(new Map());
});
