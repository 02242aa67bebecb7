import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { customProbes } from '@solo-kubelet/probe-engine';
import { expect, it, vi } from 'vitest';
import { mqttProbe } from '../src/index.js';

const readme = (): Promise<string> => readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

it('the example of the README runs', async () => {
  const example = /```ts run\n([\s\S]*?)```/.exec(await readme())?.[1] ?? '';
  const file = fileURLToPath(new URL(`./readme-example-${process.pid}.ts`, import.meta.url));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  // Port 1 instead of 1883: whether a broker runs on this machine is none of this test's business.
  await writeFile(file, example.replace('1883', '1'));
  try {
    await import(file);
    expect(log.mock.calls).toEqual([['failure', expect.stringContaining('ECONNREFUSED')]]);
  } finally {
    log.mockRestore();
    await rm(file, { force: true });
  }
});

it('the annotations of the README are valid', async () => {
  const lines = [...(await readme()).matchAll(/^ {4}(probes\.\S+): '(.*)'$/gm)];
  const annotations = Object.fromEntries(lines.map(([, key, value]) => [key, value]));
  const { probes, issues } = customProbes({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'broker', namespace: 'default', uid: 'u', annotations },
    spec: { containers: [{ name: 'mosquitto', image: 'x' }] },
  });
  expect(issues).toEqual([]);
  expect(probes.map(({ custom }) => mqttProbe.validate(custom.action))).toMatchObject([{ topic: 'plant/state' }, { port: 'mqtt' }]);
});
