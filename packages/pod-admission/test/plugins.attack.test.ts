import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pod, parsePod } from '@solo-kubelet/pod-spec';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPolicyHost, isRejection, type PolicyHost, parsePolicy, rejectionReason } from '../src/index.js';

let directory: string;
const hosts: PolicyHost[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plugins-'));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const parsed = parsePod('apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: a}]}\n', {
  path: 'a',
  nodeName: 'n1',
});
if (!parsed.ok) throw new Error('no Pod');
const { pod } = parsed;
const REQUEST = { kind: 'Pod', namespace: 'default', name: 'web-n1', nodeName: 'n1', mayChange: true };

const policyOf = (plugin: string, more = '') => {
  const text = `apiVersion: solo-kubelet.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: site}\nspec:\n  rules:\n  - {name: own, plugin: ${plugin}}\n${more}`;
  const read = parsePolicy(text, { path: 'p' });
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.policy;
};
const hostOf = (policy: ReturnType<typeof policyOf>, restartDelayMs = 10): PolicyHost => {
  const host = createPolicyHost({ policy, resolveFrom: directory, restartDelayMs, loadTimeoutMs: 5_000 });
  hosts.push(host);
  return host;
};
const plugin = async (body: string, options = 'timeout: 2s', name = 'plugin.mjs'): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, body.startsWith('export') ? body : `export default { admit: ${body} };\n`);
  return `{module: ${path}, ${options}}`;
};
const ask = async (host: PolicyHost, request = REQUEST) => {
  const outcome = await firstValueFrom(host.admission(pod, request));
  return isRejection(outcome) ? rejectionReason(outcome) : outcome;
};

describe('a plugin', () => {
  it('changes Pods by its configuration, and rejects them with its words', async () => {
    const body = `async (pod, { config, request }) => request.namespace === 'closed'
      ? { reject: 'closed', field: 'metadata.namespace' }
      : { ...pod, metadata: { ...pod.metadata, labels: { site: config.site } } }`;
    const host = hostOf(policyOf(await plugin(body, 'config: {site: berlin}')));
    const outcome = (await ask(host)) as Pod;
    expect(outcome.metadata.labels).toEqual({ site: 'berlin' });
    expect(await ask(host, { ...REQUEST, mayChange: false })).toBe(pod);
    expect(await ask(host, { ...REQUEST, namespace: 'closed' })).toBe(
      'admission policy p, rule "own", denied the request: metadata.namespace: closed',
    );
  });

  it('gets past no check by its place in the file', async () => {
    const body = `(pod) => ({ ...pod, spec: { ...pod.spec, hostNetwork: true } })`;
    const secure = '  - {name: secure, podSecurity: {level: baseline}}\n';
    const text = policyOf(await plugin(body), secure);
    expect(await ask(hostOf({ ...text, rules: text.rules.toReversed() }))).toContain(
      'rule "secure", denied the request: spec: violates PodSecurity',
    );
  });

  it.each<[string, string, RegExp]>([
    ['throws', '() => { throw new Error("boom"); }', /: boom$/],
    ['throws what is no error', '() => { throw undefined; }', /: undefined$/],
    ['rejects its promise', 'async () => { throw new Error("boom"); }', /: boom$/],
    ['never answers', '() => new Promise(() => {})', /did not answer within 0\.5 s \(Pod default\/web-n1\)$/],
    ['spins', '() => { for (;;); }', /did not answer within 0\.5 s/],
    ['exits', '() => process.exit(3)', /it exited with code 3$/],
    ['throws where nobody catches', '() => new Promise(() => setImmediate(() => { throw new Error("late"); }))', /: .*late$/],
    ['fills its memory', '() => { const all = []; for (;;) all.push(new Array(1e5).fill({})); }', /memory|did not answer/i],
    ['answers a text', '() => "yes"', /it answered no Pod and no \{ reject \}: "yes"$/],
    ['answers null', '() => null', /it answered no Pod/],
    ['answers a Pod without parts', '(pod) => ({ metadata: pod.metadata })', /it answered no Pod/],
    ['answers in a circle', '(pod) => { const it = { ...pod }; it.spec = { ...pod.spec, it }; return it; }', /circular/i],
    [
      'answers without end',
      '(pod) => ({ ...pod, spec: { ...pod.spec, hostname: "x".repeat(5e6) } })',
      /answered more than 4194304 characters$/,
    ],
    ['answers functions', '(pod) => ({ ...pod, spec: { ...pod.spec, hostname: () => "x" } })', /could not be cloned/],
    [
      'gives another name',
      '(pod) => ({ ...pod, metadata: { ...pod.metadata, name: "other" } })',
      /metadata\.name: .*labels, annotations and spec alone$/,
    ],
    [
      'gives an invalid Pod',
      '(pod) => ({ ...pod, spec: { ...pod.spec, containers: [] } })',
      /spec\.containers: it made a Pod that can not be used: /,
    ],
    [
      'gives a field that is none',
      '(pod) => ({ ...pod, spec: { ...pod.spec, colour: "red" } })',
      /colour: it made a Pod that can not be used: /,
    ],
    [
      'gives a value of a wrong type',
      '(pod) => ({ ...pod, spec: { ...pod.spec, hostNetwork: "yes" } })',
      /hostNetwork: it made a Pod that can not be used/,
    ],
    [
      'says something else on the way of its answers',
      'async () => { const { parentPort } = await import("node:worker_threads"); for (const each of [null, 1, undefined, "x", {}, { type: "verdict" }]) parentPort.postMessage(each); return { reject: "all the same" }; }',
      /all the same$/,
    ],
    ['has no admit', 'export default {};', /it cannot be loaded: its default export is no admission plugin/],
    ['can not be parsed', 'export default {', /it cannot be loaded: /],
    ['is loaded for ever', 'export default await new Promise(() => {});', /exited with code|was not loaded/],
  ])('that %s: the Pod is rejected with the reason, and nothing else happens', async (_what, body, expected) => {
    const host = hostOf(policyOf(await plugin(body, 'timeout: 500ms')), 60_000);
    expect(await ask(host)).toMatch(expected);
  });

  it('that is not there rejects', async () => {
    expect(await ask(hostOf(policyOf('{module: not-installed-here}')))).toMatch(
      /plugin not-installed-here: it (cannot be loaded|is being started again)/,
    );
    expect(await ask(hostOf(policyOf(`{module: ${join(directory, 'none.mjs')}}`)))).toMatch(/it cannot be loaded|exited/);
  });

  it('that ended is started again, and those that it could not look at are looked at again', async () => {
    const once = join(directory, 'once');
    await writeFile(once, '');
    const host = hostOf(
      policyOf(
        await plugin(
          `export default { admit: async () => { const { rmSync, existsSync } = await import('node:fs'); if (existsSync(${JSON.stringify(once)})) { rmSync(${JSON.stringify(once)}); process.exit(1); } } };`,
        ),
      ),
    );
    const again = firstValueFrom(host.again$);
    expect(await ask(host)).toMatch(/it exited with code 1$/);
    expect(await again).toBe('retryable');
    expect(await ask(host)).toBe(pod);
  });

  it('that two policies have in common goes on when one replaces the other', async () => {
    const counting =
      '(() => { let asked = 0; return (pod) => { asked += 1; return { ...pod, metadata: { ...pod.metadata, labels: { asked: String(asked) } } }; }; })()';
    const own = await plugin(counting);
    const host = hostOf(policyOf(own));
    const again = firstValueFrom(host.again$);
    expect(await ask(host)).toMatchObject({ metadata: { labels: { asked: '1' } } });
    host.replace(policyOf(own, '  - {name: more, add: {annotations: {a: b}}}\n'));
    expect(await again).toBe('all');
    expect(await ask(host)).toMatchObject({ metadata: { labels: { asked: '2' }, annotations: { a: 'b' } } });
  });
});
