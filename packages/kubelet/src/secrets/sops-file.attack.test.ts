import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readDocuments } from '@solo-kubelet/pod-spec/schema';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { encryptManifest } from './age-file.js';
import { decryptSopsManifest } from './sops-file.js';

const KEY = randomBytes(32);
const DATE = '2026-01-31T12:00:00Z';

const sealed = (value: string, place: string, type = 'str'): string => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', KEY, iv);
  cipher.setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(value), cipher.final()]).toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
};

let identity: string;
let armored: readonly string[];
beforeAll(async () => {
  identity = await generateX25519Identity();
  armored = (await encryptManifest(KEY, [await identityToRecipient(identity)])).trim().split('\n');
});

/** SOPS' own block, with the checksum of these values. */
const notes = (values: readonly string[] = []): string => {
  const mac = values
    .reduce((hash, value) => hash.update(value), createHash('sha512'))
    .digest('hex')
    .toUpperCase();
  return `sops:
  age:
    - recipient: x
      enc: |
${armored.map((line) => `        ${line}\n`).join('')}  lastmodified: "${DATE}"
  mac: ${sealed(mac, DATE)}
  version: 3
`;
};

const costMs = async (work: () => unknown): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

it.each([
  ['comments', `a: 1\n${'#\n'.repeat(500_000)}`],
  ['comments before a value', `a:\n${' # x\n'.repeat(200_000)}  b\n`],
  ['empty lines', `a: 1\n${'\n'.repeat(900_000)}`],
  ['empty lines of a block', `a: |\n${'\n'.repeat(900_000)}  x\n`],
  ['comments in a list', `a: [\n${'# c\n'.repeat(200_000)}1]\n`],
  ['digits', `a: ${'9'.repeat(900_000)}\n`],
])('a file of very many %s costs what it takes to read it', async (_what, body) => {
  const text = Buffer.from(body + notes());
  const reading = await costMs(() => readDocuments(text, { first: false }));
  const decrypting = await costMs(() =>
    expect(decryptSopsManifest(text, [identity])).rejects.toMatchObject({
      code: 'SECRET_DAMAGED',
      message: expect.stringContaining('checksum'),
    }),
  );
  expect(decrypting).toBeLessThan(4 * reading + 300);
});

it('thousands of values below names without an end are refused, and cost little', async () => {
  const name = 'k'.repeat(200_000);
  const place = `${name}:${name}:`;
  const below = (value: string, count: number): Buffer =>
    Buffer.from(`? ${name}\n:\n  ? ${name}\n  :\n${`    - ${value}\n`.repeat(count)}${notes()}`);
  const clear = below('1', 29_000);
  expect(await costMs(() => decryptSopsManifest(clear, [identity]).catch(() => undefined))).toBeLessThan(
    4 * (await costMs(() => readDocuments(clear, { first: false }))) + 300,
  );
  await expect(decryptSopsManifest(below(sealed('v', place), 2_000), [identity])).rejects.toMatchObject({
    code: 'SECRET_DAMAGED',
    message: expect.stringContaining('more than 4096 characters'),
  });
});

type Tree = string | number | boolean | null | readonly Tree[] | { readonly [name: string]: Tree };

const tree = fc.letrec<{ tree: Tree; leaf: Tree }>((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', 'a: b', '# no comment', '|', "'", '"', '&a', '*a', 'yes'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9.-]*$/), tie('tree'), { maxKeys: 4 }),
  ),
})).tree;

/** What stands for a tree in YAML, in flow or in block form, with its strings encrypted; and what its checksum is of. */
const written = (value: Tree, path: readonly string[], indent: string, block: boolean, values: string[]): string => {
  if (typeof value === 'string') {
    values.push(value);
    return `"${sealed(value, `${path.join(':')}:`)}"`;
  }
  if (value === null) return '~';
  if (typeof value !== 'object') {
    values.push(typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
    return String(value);
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly Tree[]).map((item) => written(item, path, deeper, block, values));
    return items.length === 0 || !block
      ? `[${items.join(', ')}]`
      : items.map((item) => `\n${indent}-${item.startsWith('\n') ? '' : ' '}${item}`).join('');
  }
  const members = Object.entries(value as Record<string, Tree>).map(([name, one]) => {
    const text = written(one, [...path, name], deeper, block, values);
    return `"${name}":${text.startsWith('\n') ? '' : ' '}${text}`;
  });
  return members.length === 0 || !block ? `{${members.join(', ')}}` : members.map((member) => `\n${indent}${member}`).join('');
};

it('whatever was encrypted is decrypted to what it was, in any form, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]*$/), tree, { minKeys: 1, maxKeys: 4 }),
      fc.boolean(),
      fc.nat(),
      async (value, block, cut) => {
        fc.pre(!('sops' in value));
        const values: string[] = [];
        const body = Object.entries(value).map(([name, one]) => {
          const text = written(one, [name], '  ', block, values);
          return `"${name}":${text.startsWith('\n') ? '' : ' '}${text}\n`;
        });
        const text = body.join('') + notes(values);
        const clear = readDocuments(await decryptSopsManifest(Buffer.from(text), [identity]), { first: false }).documents;
        expect(clear.map(({ problem }) => problem)).toEqual([undefined]);
        const plain = readDocuments(JSON.stringify(value), { first: false }).documents;
        expect(plainOf(clear[0]?.root)).toEqual(plainOf(plain[0]?.root));
        // Cut off anywhere it is an error of this package, or what is left has lost nothing but spaces at its end.
        const failure = await decryptSopsManifest(Buffer.from(text.slice(0, cut % (text.length - 20))), [identity]).catch(
          (error: unknown) => error,
        );
        expect(failure).toMatchObject({ code: expect.stringMatching(/^SECRET_/) });
      },
    ),
    { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 4) },
  );
});

const plainOf = (node: NonNullable<ReturnType<typeof readDocuments>['documents'][number]['root']> | undefined): unknown => {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return `${node.type} ${node.value}`;
  if (node.kind === 'list') return node.items.map(plainOf);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]));
};
