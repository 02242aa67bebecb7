import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Kubectl } from '../kubectl.js';
import { versionOf } from './describe-script.js';

const EXAMPLES = fileURLToPath(new URL('../../../../../examples/', import.meta.url));
/** It shows what a mistake looks like. */
const MISTAKEN = 'with-typo.yaml';
/** Files that boxes are set up with are no objects of the API. */
const PROVISIONING = 'provisioning/';

/** A test that `kubectl apply -f` and `delete -f` take every example of the repository. */
export const describeExamples = async (
  kubectl: () => Kubectl,
  { servesIngresses }: { readonly servesIngresses: boolean },
): Promise<void> => {
  const files = (await readdir(EXAMPLES, { recursive: true }))
    .filter((name) => name.endsWith('.yaml') && !name.startsWith(PROVISIONING))
    .toSorted();
  it.each(files)('applies %s of the examples, once, and takes it away', { timeout: 200_000 }, async (name) => {
    const path = `${EXAMPLES}${name}`;
    const { run, told } = kubectl();
    const applied = await run('apply', '-f', path);
    if (name.endsWith(MISTAKEN)) {
      expect(applied).toMatchObject({ status: 1, stderr: expect.stringContaining('is invalid') });
      return;
    }
    const refused = !servesIngresses && (await readFile(path, 'utf8')).includes('kind: Ingress\n');
    const errors = applied.stderr
      .split('\n')
      .filter((line) => line !== '' && !(refused && line.includes('Ingresses are not served on this node')));
    expect({ status: applied.status, errors }).toEqual({ status: refused ? 1 : 0, errors: [] });
    const again = await run('apply', '-f', path);
    // What a Secret says as text is never read back as text; 1.20 knows no CronJob of batch/v1, so that it compares lists as a whole.
    const isNoNews =
      versionOf(kubectl().program) === '1.20'
        ? / unchanged$|^(secret|cronjob.batch)\/\S+ configured$/
        : / unchanged$|^secret\/\S+ configured$/;
    expect(again.stdout.split('\n').filter((line) => line !== '' && !isNoNews.test(line))).toEqual([]);
    await told('delete', '-f', path, '--ignore-not-found', '--timeout=120s');
    expect((await run('get', '-f', path, '--ignore-not-found', '-o', 'name')).stdout).toBe('');
  });
};
