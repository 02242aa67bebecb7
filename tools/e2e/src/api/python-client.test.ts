import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createMemoryStore, startApiServer } from '@solo-kubelet/api-server';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { mapsOf, writeMap } from './map-writer.js';
import { python, startPythonInformer } from './python-client.js';

const LIMIT = { timeoutMs: 60_000 };

it('an informer in Python loses and doubles no event of 10,000 changes, nor of those behind a 410', {
  skip: python === undefined,
  timeout: 240_000,
}, async () => {
  const store = createMemoryStore({ maxEvents: 2_000 });
  await using server = await startApiServer({ store });
  const directory = await mkdtemp(join(tmpdir(), 'python-client-'));
  await using _gone = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig, { mode: 0o600 });
  const seen = async (informer: ReturnType<typeof startPythonInformer>, lines: number): Promise<readonly string[]> =>
    waitFor(async () => informer.lines().length >= lines && informer.lines(), { what: `${lines} lines`, ...LIMIT });
  await using informer = startPythonInformer(kubeconfig);
  await seen(informer, 1);

  const wanted: string[] = ['listed'];
  for (let n = 0; n < 10_000; n += 1) {
    wanted.push(writeMap(store, n));
    if (n % 50 === 0) await turn();
    if (n % 1_000 === 999) await seen(informer, wanted.length);
  }
  expect(informer.lines()).toEqual(wanted);

  // It stands still while more is written than the server keeps for it, and more than it remembers: its watch is ended, and where it stood has gone.
  informer.signal('SIGSTOP');
  for (let n = 10_000; n < 60_000; n += 1) {
    writeMap(store, n);
    if (n % 500 === 0) await turn();
  }
  informer.signal('SIGCONT');
  const now = mapsOf(store);
  const told = (): ReadonlyMap<string, string> => {
    const known = new Map<string, string>();
    for (const line of informer.lines()) {
      const [verb, name = '', value = ''] = line.split(' ');
      if (verb === 'delete') known.delete(name);
      else if (verb !== 'listed') known.set(name, value);
    }
    return known;
  };
  await waitFor(async () => [...now].every(([name, value]) => told().get(name) === value), { what: 'the present', ...LIMIT });
  expect(told()).toEqual(now);
  expect(informer.lines().filter((line) => line === 'listed')).toHaveLength(2);
  const updates = informer.lines().filter((line) => line !== 'listed');
  expect(updates).toHaveLength(new Set(updates).size);
});
