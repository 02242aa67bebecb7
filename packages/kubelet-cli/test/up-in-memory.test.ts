import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

// The program is loaded before the clock of a test runs: on a busy machine that takes longer than a test.
beforeAll(() => Promise.all([import('../src/commands/up.js'), import('@solo-kubelet/kubelet')]), 120_000);

let manifests: string;
beforeEach(async () => {
  manifests = await mkdtemp(join(tmpdir(), 'manifests-'));
});
afterEach(() => rm(manifests, { recursive: true }));

const pod = (name: string, spec: object) =>
  writeFile(join(manifests, `${name}.json`), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
const container = { name: 'app', image: 'example.org/app:1' };

describe('up --runtime memory', () => {
  it('says that it is a simulation, and ends with a table of Ready Pods', async () => {
    await pod('web', {
      initContainers: [{ name: 'prepare', image: 'example.org/tool:1' }],
      containers: [{ ...container, readinessProbe: { httpGet: { port: 80 } } }],
    });
    await pod('job', { restartPolicy: 'Never', containers: [container] });
    const io = fakeIo();
    expect(await main(['up', '--runtime', 'memory', '--wait-ready', '--ready-timeout', '20s', manifests], io)).toBe(0);
    expect(io.errors()).toMatch(/^SIMULATION/);
    expect(io.output()).toMatch(/^web-\S+\s+1\/1\s+Running\s+0/m);
    expect(io.output()).toMatch(/^job-\S+\s+(0\/1\s+Completed|1\/1\s+Running)\s+0/m);
  }, 30_000);

  it('probes with the plugins that it is given', async () => {
    const plugin = join(manifests, 'plugin.mjs');
    const source =
      "export default { field: 'always', validate: (action) => action, probe: async () => ({ result: 'success', output: '' }) };";
    await writeFile(plugin, source);
    const annotations = { 'probes.solo-kubelet.dev/app.readiness': '{"always": {}, "periodSeconds": 1}' };
    await writeFile(
      join(manifests, 'web.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', annotations }, spec: { containers: [container] } }),
    );
    const io = fakeIo();
    const argv = ['up', '--runtime', 'memory', '--wait-ready', '--ready-timeout', '20s', '--probe-plugin', plugin, manifests];
    expect(await main(argv, io)).toBe(0);
    expect(io.output()).toMatch(/^web-\S+\s+1\/1\s+Running\s+0/m);
  }, 30_000);

  it('tells what was rejected, and answers with status 1 when a Pod does not become Ready in time', async () => {
    await pod('broken', { containers: [] });
    await pod('never', { containers: [{ ...container, imagePullPolicy: 'Never' }] });
    const io = fakeIo();
    expect(await main(['up', '--runtime', 'memory', '--wait-ready', '--ready-timeout', '3s', manifests], io)).toBe(1);
    expect(io.errors()).toMatch(/broken\.json: rejected: /);
    expect(io.output()).toMatch(/^never-\S+\s+0\/1\s+ErrImageNeverPull/m);
  }, 30_000);
});
