import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CheckResult, checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packAll, packageNames } from './packed.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const names = await packageNames(root);

/** Ways of resolving modules that packages without CommonJS cannot serve: what attw's profile `esm-only` leaves out. */
const CANNOT_IMPORT = ['node10', 'node16-cjs'];

const told = (problem: Problem): string => JSON.stringify(problem);
const problemsOf = (result: CheckResult): readonly string[] => {
  if (result.types === false) return ['it has no types'];
  return result.problems.filter((each) => !('resolutionKind' in each) || !CANNOT_IMPORT.includes(each.resolutionKind)).map(told);
};

/** The files of `exports`, their types and what is published, as publint and attw judge them: in this process, since starting them for each takes longer. */
describe('the tarball', () => {
  let packs: string;
  let tarballs: ReadonlyMap<string, string>;
  const tarballOf = (name: string): Promise<Uint8Array<ArrayBuffer>> => readFile(tarballs.get(name) ?? '') as Promise<Buffer<ArrayBuffer>>;

  beforeAll(async () => {
    packs = await mkdtemp(join(tmpdir(), 'solo-kubelet-packs-'));
    tarballs = await packAll(root, packs);
  });
  afterAll(() => rm(packs, { recursive: true, force: true }));

  it.each(names)('of %s passes publint', async (name) => {
    const bytes = await tarballOf(name);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(pkg.name).toBe(`@solo-kubelet/${name}`);
    expect(messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each(names)('of %s has types for every entry point', async (name) => {
    expect(problemsOf(await checkPackage(createPackageFromTarballData(await tarballOf(name))))).toEqual([]);
  });
});
