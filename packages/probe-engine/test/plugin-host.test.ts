import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { from, lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeHandler, ProbeOutcome } from '../src/index.js';
import { createPluginHost, type PluginHostOptions } from '../src/plugin/index.js';
import { probeTarget } from '../src/testing/index.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plugins-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A plugin module whose `probe` has this body; `action` and `target` are in scope. */
const plugin = async (name: string, body: string, { field = name, prelude = '' } = {}): Promise<string> => {
  const file = join(root, `${name}.mjs`);
  await writeFile(
    file,
    `${prelude}
let calls = 0;
export default {
  field: ${JSON.stringify(field)},
  validate: (action) => { if (action?.bad) throw new Error('bad is not allowed'); return action ?? {}; },
  probe: async (action, target, { signal }) => { calls += 1; ${body} },
};`,
  );
  return file;
};
const host = (packages: readonly string[], options: Partial<PluginHostOptions> = {}) =>
  createPluginHost({ packages, resolveFrom: root, restartDelayMs: 20, abortGraceMs: 100, ...options });

const ask = (handler: ProbeHandler | undefined, action: unknown = {}, timeoutMs = 2_000): Promise<ProbeOutcome> => {
  if (handler === undefined) throw new Error('the plugin was not loaded');
  return lastValueFrom(from(handler.probe(action, probeTarget(), { signal: AbortSignal.timeout(timeoutMs) })));
};
/** Asks until the plugin is back. */
const askUntilBack = async (handler: ProbeHandler | undefined, action: unknown = {}): Promise<ProbeOutcome> => {
  for (;;) {
    const outcome = await ask(handler, action);
    if (!outcome.output.includes('being restarted')) return outcome;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('createPluginHost', () => {
  it('tells which annotations a plugin does not take, without an attempt', async () => {
    const file = await plugin('checked', 'throw new Error("no attempt was wanted");');
    await using plugins = await host([file]);
    const podOf = (annotations: Readonly<Record<string, string>>) =>
      ({ metadata: { annotations }, spec: { containers: [{ name: 'app' }] } }) as unknown as Pod;
    const annotation = 'probes.solo-kubelet.dev/app.readiness';
    expect(await plugins.refusedProbes(podOf({ [annotation]: '{"checked":{"bad":true}}' }))).toEqual([
      { annotation, message: 'bad is not allowed' },
    ]);
    for (const taken of ['{"checked":{}}', '{"foreign":{"bad":true}}', '{']) {
      expect(await plugins.refusedProbes(podOf({ [annotation]: taken }))).toEqual([]);
    }
  });

  it('does not wait for a plugin that never says whether it takes an annotation', async () => {
    const file = join(root, 'endless.mjs');
    await writeFile(file, "export default { field: 'endless', validate: () => { for (;;); }, probe: async () => ({}) };");
    await using plugins = await host([file], { validateTimeoutMs: 50 });
    const annotation = 'probes.solo-kubelet.dev/app.liveness';
    const pod = { metadata: { annotations: { [annotation]: '{"endless":{}}' } }, spec: { containers: [{ name: 'app' }] } };
    expect(await plugins.refusedProbes(pod as unknown as Pod)).toEqual([
      { annotation, message: 'the plugin did not say within 0.05 s whether it takes this' },
    ]);
  });

  it('does not wait for a validation whose thread ended', async () => {
    const file = await plugin('ends', 'process.exit(3);');
    await using plugins = await host([file]);
    const pod = {
      metadata: { annotations: { 'probes.solo-kubelet.dev/app.liveness': '{"ends":{}}' } },
      spec: { containers: [{ name: 'app' }] },
    };
    const attempt = ask(plugins.handlers[0]);
    expect(await plugins.refusedProbes(pod as unknown as Pod)).toEqual([]);
    expect((await attempt).result).toBe('unknown');
  });

  it('runs a plugin and tells it about the target', async () => {
    const file = await plugin(
      'echo',
      'return { result: "success", output: JSON.stringify([action, target.host, target.pod, target.timeoutMs]) };',
    );
    await using plugins = await host([file]);
    expect(plugins.handlers.map(({ field }) => field)).toEqual(['echo']);
    const outcome = await ask(plugins.handlers[0], { x: 1 });
    expect(outcome).toEqual({ result: 'success', output: '[{"x":1},"127.0.0.1","default/web",1000]' });
  });

  it('finds a plugin by its package name', async () => {
    await mkdir(join(root, 'node_modules', 'some-probe'), { recursive: true });
    await writeFile(join(root, 'node_modules', 'some-probe', 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    await writeFile(
      join(root, 'node_modules', 'some-probe', 'index.js'),
      'export default { field: "some", validate: (a) => a, probe: async () => ({ result: "warning", output: "hm" }) };',
    );
    await using plugins = await host(['some-probe']);
    expect(await ask(plugins.handlers[0])).toEqual({ result: 'warning', output: 'hm' });
  });

  it('makes a refused action, a rejection and a nonsensical answer unknown', async () => {
    const file = await plugin('moody', 'if (action.reject) throw new Error("no broker"); return action.answer;');
    await using plugins = await host([file]);
    expect(await ask(plugins.handlers[0], { bad: true })).toEqual({ result: 'unknown', output: 'bad is not allowed' });
    expect(await ask(plugins.handlers[0], { reject: true })).toEqual({ result: 'unknown', output: 'no broker' });
    expect(await ask(plugins.handlers[0], { answer: 'yes' })).toEqual({ result: 'unknown', output: 'the plugin answered "yes"' });
  });

  it('aborts an attempt whose time is up', async () => {
    const file = await plugin(
      'patient',
      'await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("x"))));',
    );
    await using plugins = await host([file]);
    expect(await ask(plugins.handlers[0], {}, 30)).toEqual({ result: 'failure', output: 'timed out' });
  });

  it.each([
    ['throws outside of an attempt', 'setTimeout(() => { throw new Error("boom"); }); await new Promise(() => {});', /boom/],
    ['ends its process', 'process.exit(3);', /exited with code 3/],
    ['hangs', 'for (;;);', /did not end when its time was up/],
    ['ignores its signal', 'await new Promise(() => {});', /did not end when its time was up/],
    ['eats memory', 'const all = []; for (;;) all.push(new Array(100_000).fill(Math.random()));', /memory/i],
  ])(
    'survives a plugin that %s, and starts it again',
    async (what, deed, message) => {
      const file = await plugin(
        `bad-${what.replace(/\W/g, '-')}`,
        `if (action.go) { ${deed} } return { result: "success", output: String(calls) };`,
      );
      await using plugins = await host([file]);
      expect(await ask(plugins.handlers[0])).toEqual({ result: 'success', output: '1' });
      expect(await ask(plugins.handlers[0], { go: true }, 200)).toEqual({ result: 'unknown', output: expect.stringMatching(message) });
      expect(await askUntilBack(plugins.handlers[0])).toEqual({ result: 'success', output: '1' });
    },
    20_000,
  );

  it('reports plugins that cannot be loaded and runs the others', async () => {
    const good = await plugin('good', 'return { result: "success", output: "" };');
    const twin = await plugin('twin', '', { field: 'good' });
    const broken = await plugin('broken', '', { prelude: 'throw new Error("needs a licence");' });
    await writeFile(join(root, 'none.mjs'), 'export const x = 1;');
    await using plugins = await host([good, twin, broken, join(root, 'none.mjs'), 'not-installed']);
    expect(plugins.handlers.map(({ field }) => field)).toEqual(['good']);
    expect(plugins.failures.map(({ message }) => message)).toEqual([
      'another plugin serves probes of kind good already',
      'needs a licence',
      'its default export is no probe plugin ({ field, validate, probe })',
      expect.stringContaining("Cannot find module 'not-installed'"),
    ]);
  });

  it('gives up a plugin that takes too long to load', async () => {
    const endless = await plugin('endless', '', { prelude: 'await new Promise(() => setInterval(() => {}, 1_000));' });
    await using plugins = await host([endless], { loadTimeoutMs: 500 });
    expect(plugins.failures.map(({ message }) => message)).toEqual(['it was not loaded within 0.5 s']);
  });

  it('keeps the environment from plugins', async () => {
    const file = await plugin('nosy', 'return { result: "success", output: JSON.stringify(process.env) };');
    await using plugins = await host([file]);
    expect((await ask(plugins.handlers[0])).output).toBe('{}');
  });
});
