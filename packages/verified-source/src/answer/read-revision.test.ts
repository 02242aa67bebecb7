import { describe, expect, it } from 'vitest';
import { readRevision } from './read-revision.js';

const read = (text: string) => readRevision(new TextEncoder().encode(text));
const HEAD = '# a note\napiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: 1\n';
const digest = `sha256:${'0'.repeat(64)}`;

describe('the revision at the beginning of an answer', () => {
  it('names images', () => {
    const images = [{ name: 'nginx', digest, layout: './images/' }];
    expect(read(`${HEAD}  images: ${JSON.stringify(images)}\n---\nkind: Pod\n`)).toMatchObject({
      ok: true,
      revision: { revision: 1, images: [{ name: 'docker.io/library/nginx:latest', digest, location: { type: 'layout', path: 'images' } }] },
    });
  });

  it.each([
    [`${HEAD}  images:\n  - name: nginx\n    digest: sha256:1\n    layout: .\n`, 8, /spec\.images\[0\]\.digest: want sha256/],
    [
      `${HEAD}  images:\n  - { name: a, digest: "${digest}", layout: . }\n  - name: b\n    layout: ..\n    digest: ${digest}\n`,
      9,
      /spec\.images\[1\]\.layout: it may not have/,
    ],
    [`${HEAD}  images: 7\n`, 6, /spec\.images: want a list/],
    [`${HEAD.replace('revision: 1', 'revision: one')}`, 5, /spec\.revision: want a whole number/],
    [`${HEAD}  images: ${'['.repeat(10_000)}\n`, 6, /nests deeper|nested/],
    [`${HEAD}  images:\n    ${'- '.repeat(20_000)}x\n`, 7, /nests deeper|nested/],
  ])('says on which line it is wrong', (text, line, message) =>
    expect(read(text)).toEqual({ ok: false, line, message: expect.stringMatching(message) }),
  );
});
