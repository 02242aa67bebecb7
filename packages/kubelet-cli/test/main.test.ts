import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

const call = async (...argv: string[]) => callAs('kubelet-cli', argv);
const callAs = async (programName: string, argv: readonly string[], input = '') => {
  const io = fakeIo({ programName, input });
  const status = await main(argv, io);
  return { status, out: io.output(), err: io.errors() };
};

/** Where no node can be: what is said first is seen. */
const NOWHERE = ['up', '--data-dir', '/dev/null/x'];

// The program is loaded before the clock of a test runs: on a busy machine that takes longer than a test.
beforeAll(async () => {
  for (const argv of [
    ['run', '--pod-manifest-pth=/x'],
    ['up', '--runtime', 'docker'],
    ['validate', '/nowhere'],
  ])
    await call(...argv);
}, 180_000);

describe('main', () => {
  it('lists its commands', async () => {
    const { status, out } = await call();
    expect(status).toBe(0);
    for (const name of ['up', 'run', 'get', 'logs', 'validate', 'doctor']) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each([
    [['gte', 'pods'], 'unknown command "gte"\nDid you mean get?\n'],
    [['get', '--otput', 'json'], "Unknown option '--otput'\nkubelet-cli get --help\n"],
    [['run', '--pod-manifest-pth=/x'], 'unknown flag: --pod-manifest-pth\nDid you mean --pod-manifest-path?\n'],
    // What is wrong with the arguments is said before anybody is asked.
    [['get'], 'get what? pods, node, images, events, manifests, all, or a kind such as deployments\n'],
    [['apply'], 'give a manifest with -f\n'],
    [['exec', 'web'], 'exec what? give a command after --\n'],
    [['logs', 'web', '--tail', 'x'], '--tail takes a number from 0 to 2147483647, not "x"\n'],
    [['logs', 'web', '--tail', '99999999999'], expect.stringContaining('--tail takes a number from 0 to')],
    [['logs', 'web', '--since', '-5m'], expect.stringContaining("'--since' argument missing: what follows begins with a dash")],
    [['logs', 'web', '--since=-5m'], '--since takes a duration such as 5m, not "-5m"\n'],
    [['logs', 'web', '--since-time', 'yesterday'], '--since-time takes a time such as 2026-01-31T12:00:00Z, not "yesterday"\n'],
    [['scale', 'deploy/web', '--replicas', '99999999999'], expect.stringContaining('--replicas takes a number from 0 to 2147483647')],
    [['rollout', 'status', 'deploy/web', '--watch=maybe'], '--watch takes true or false, not "maybe"\n'],
    // What would be passed over, or mean another place, is refused.
    [['down', 'edge-7'], 'down does nothing with "edge-7"\nkubelet-cli down --help\n'],
    [['down', '--purge', '--data-dir', ''], '--data-dir is empty\nkubelet-cli down --help\n'],
    [['uninstall', '--root', ''], '--root is empty\nkubelet-cli uninstall --help\n'],
    [['get', 'pods', '-n', ''], '--namespace is empty\nkubelet-cli get --help\n'],
    [['images', 'prune', 'old:1'], 'images prune takes no names: it removes every image that nothing uses\n'],
    [['validate', '--batch', 'web.yaml'], expect.stringContaining('--batch reads standard input')],
    [['version', '-o', 'xml'], '-o takes json, not "xml"\n'],
    [['doctor', '-o', 'xml'], '-o takes json, not "xml"\n'],
    [['kubeconfig', '--server', 'edge-7'], '--server takes a URL such as https://edge-7:6443, not "edge-7"\n'],
    [['top', 'node', 'other'], expect.stringContaining('it takes no name')],
    [['up', '--runtime', 'docker'], expect.stringContaining('--runtime must be containerd or memory')],
    [
      [...NOWHERE, '--service-cluster-ip-range', '10.96.0.0/16', '--ingress-proxy', 'squid'],
      expect.stringContaining('want haproxy, nginx,'),
    ],
    [[...NOWHERE, '--ingress-ports', '80,443'], expect.stringContaining('only of use with --service-cluster-ip-range')],
    [[...NOWHERE, '--service-cluster-ip-range', 'x'], expect.stringContaining('service-cluster-ip-range')],
    [[...NOWHERE, '--kube-api', 'x'], expect.stringContaining('--kube-api x: want ADDRESS:PORT, or off')],
    [[...NOWHERE, '-v', 'abc'], '--verbosity takes a number from 0 to 2147483647, not "abc"\n'],
    [['run', '-v', 'abc'], expect.stringContaining('"abc"')],
    [[...NOWHERE, '--ready-timeout', 'x'], expect.stringContaining('--ready-timeout takes a duration')],
  ])('answers %j with status 2', async (argv, err) => {
    expect(await call(...argv)).toEqual({ status: 2, out: '', err });
  });

  it('doctor: a socket that was named and where nobody is, is a finding', async () => {
    const { status, out } = await call('doctor', '--socket', '/nowhere/api.sock', '-o', 'json');
    expect(status).toBe(1);
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ name: 'kubelet', status: 'failed', detail: '/nowhere/api.sock: nobody answers there' }),
    );
  });

  it('removes nothing from a directory that no node was ever in', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'down-'));
    await writeFile(join(directory, 'mine'), 'dear to me');
    expect(await call('down', '--purge', '--data-dir', directory)).toEqual({
      status: 1,
      out: '',
      err: `there is no node in ${directory}\nNothing was removed. --data-dir takes the directory that "kubelet-cli up" was given.\n`,
    });
    expect(await readdir(directory)).toEqual(['mine']);
    await rm(directory, { recursive: true });
  });

  it('says where a bundle cannot be written, and which key cannot be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
    const manifest = join(directory, 'a.yaml');
    await writeFile(manifest, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
    const create = (output: string, ...more: readonly string[]) => call('bundle', 'create', manifest, '-o', output, ...more);
    expect(await create(join(directory, 'none/a.tar'))).toMatchObject({
      status: 1,
      err: expect.stringContaining(`cannot write ${directory}/none/a.tar`),
    });
    expect(await create(directory)).toMatchObject({ status: 2, err: expect.stringContaining(`${directory} is a directory`) });
    expect(await create(join(directory, 'a.tar'), '--key', join(directory, 'none.key'))).toMatchObject({
      status: 1,
      err: expect.stringContaining(`cannot read ${directory}/none.key`),
    });
    expect(await readdir(directory)).toEqual(['a.yaml']);
    await rm(directory, { recursive: true });
  });

  it("tells each command's usage", async () => {
    const { status, out } = await call('help', 'up');
    expect(status).toBe(0);
    expect(out).toContain('Usage: kubelet-cli up ');
    expect((await call('up', '--help')).out).toBe(out);
    const run = await call('help', 'run');
    expect(run.out).toContain('--probe-plugin');
    expect(run).toEqual(await call('run', '--help'));
  });

  it('is run when it is called kubelet', async () => {
    expect((await callAs('kubelet', ['--version'])).out).toMatch(/^Solo Kubelet \d+\.\d+\.\d+ \(Kubernetes v1\.36/);
    expect((await callAs('kubelet', ['get'])).err).toBe('unknown command "get"\n');
  });

  it('prints the version', async () => {
    expect(JSON.parse((await call('version', '-o', 'json')).out)).toEqual({
      version: expect.any(String),
      kubernetes: expect.stringMatching(/^v1\.36/),
    });
  });
});

describe('validate', () => {
  it('asks probe plugins about their annotations', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-validate-'));
    try {
      const plugin = join(directory, 'redis.mjs');
      const check = `if (!action?.port) throw new Error('redis needs a port');`;
      await writeFile(
        plugin,
        `export default { field: 'redis', validate(action) { ${check} }, probe() { throw new Error('no attempt'); } };`,
      );
      const probe = (value: string) =>
        `---\n{apiVersion: v1, kind: Pod, metadata: {name: web, annotations: {probes.solo-kubelet.dev/c.readiness: '${value}'}}, spec: {containers: [{name: c, image: i}]}}`;
      const validated = async (value: string) =>
        (await callAs('kubelet-cli', ['validate', '--probe-plugin', plugin, '-'], probe(value))).out;
      expect(await validated('{"redis": {}}')).toContain(
        'annotation probes.solo-kubelet.dev/c.readiness is refused by its plugin: redis needs a port\n',
      );
      expect(await validated('{"rdis": {}}')).toContain('is not used: no plugin serves probes of kind rdis\n');
      expect(await validated('{"redis": {"port": 1}}')).toBe('-: can run\n');
      expect(await call('validate', '--probe-plugin', join(directory, 'none.mjs'), '-')).toMatchObject({
        status: 1,
        err: expect.stringContaining(`--probe-plugin ${join(directory, 'none.mjs')}: `),
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('holds manifests against an admission policy, and prints what comes out of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-policy-'));
    try {
      const policy = join(directory, 'policy.yaml');
      const head = 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: site}\n';
      const rules = '{name: mirror, rewriteImages: [{from: docker.io, to: r.site}]}, {name: secure, podSecurity: {level: baseline}}';
      await writeFile(policy, `${head}spec: {rules: [${rules}]}\n`);
      const template = '{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: nginx}]}}';
      const good = `${pod('web')}---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: ${template}}}\n`;
      const argv = ['validate', '--policy', policy, '-'];
      expect(await callAs('kubelet-cli', argv, good)).toMatchObject({ status: 0, out: '-: 1 Pod can run, 1 object is valid\n' });
      const { out, status } = await callAs('kubelet-cli', [...argv, '-o', 'yaml'], good);
      expect([status, out.match(/image: .*/g)]).toEqual([0, ['image: r.site/library/i', 'image: r.site/library/nginx']]);
      const bad = pod('web').replace('spec: {', 'spec: {hostNetwork: true, ');
      const denied = `pods "web-node1" is forbidden: admission policy ${policy}, rule "secure", denied the request: spec: violates PodSecurity`;
      expect(await callAs('kubelet-cli', argv, bad)).toMatchObject({ status: 3, out: expect.stringContaining(`-: ${denied}`) });
      expect(await callAs('kubelet-cli', [...argv, '-o', 'yaml'], bad)).toMatchObject({
        status: 3,
        out: '',
        err: expect.stringContaining(denied),
      });
      expect(await callAs('kubelet-cli', ['validate', '-o', 'yaml', '-'], good)).toMatchObject({ status: 2 });
      await writeFile(policy, `${head}spec: {rules: [{name: a}]}\n`);
      expect(await callAs('kubelet-cli', argv, good)).toMatchObject({
        status: 2,
        err: expect.stringContaining(`${policy}:4:16: spec.rules[0]: a rule does one thing`),
      });
      await rm(policy);
      expect(await callAs('kubelet-cli', argv, good)).toMatchObject({ status: 1, err: expect.stringContaining(`cannot read ${policy}`) });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: a, image: i}]}\n`;

  it('answers a batch line by line, in order, whatever the verdicts', async () => {
    const records = [
      { id: 'a', manifest: pod('web') },
      { id: 'b', manifest: 'x: [' },
    ];
    const { status, out } = await callAs(
      'kubelet-cli',
      ['validate', '--batch'],
      records.map((each) => `${JSON.stringify(each)}\n`).join(''),
    );
    expect(status).toBe(0);
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toMatchObject([
      { id: 'a', ok: true, pod: { metadata: { name: 'web-node1' } } },
      { id: 'b', ok: false, errors: [] },
    ]);
  });

  it('tells of a probe annotation that would not be used', async () => {
    const manifest = pod('web').replace('{name: web}', `{name: web, annotations: {probes.solo-kubelet.dev/b.readiness: '{"mqtt": {}}'}}`);
    const { status, out } = await callAs('kubelet-cli', ['validate', '-'], manifest);
    expect(status).toBe(0);
    expect(out).toContain(
      '-: annotation probes.solo-kubelet.dev/b.readiness is not used: the Pod has no container "b" that can be probed\n',
    );
  });

  it('--feature-gates reads the fields that stand behind them as the kubelet does', async () => {
    const manifest = `${pod('web').replace(']}', '], volumes: [{name: v, emptyDir: {mode: 448}}]}')}`;
    const validated = (...more: string[]) => callAs('kubelet-cli', ['validate', ...more, '-'], manifest);
    expect((await validated()).out).toContain('spec.volumes[0].emptyDir.mode: unknown field "mode", ignored');
    expect(await validated('--feature-gates', 'EmptyDirVolumeMode=true')).toEqual({ status: 0, out: '-: can run\n', err: '' });
    const misspelt = await validated('--feature-gates', 'EmptyDirVolumMode=true');
    expect(misspelt.out).toContain('unknown field "mode"');
    expect(misspelt.err).toContain('no field of a manifest stands behind the feature gate EmptyDirVolumMode; those that do: ');
    const invalid = await validated('--feature-gates', 'EmptyDirVolumeMode=maybe');
    expect(invalid).toMatchObject({ status: 2, out: '', err: expect.stringContaining('expected true or false') });
  });

  it('shows the place of a mistake and answers with status 3', async () => {
    const { status, out } = await callAs('kubelet-cli', ['validate', '-'], pod('web').replace('image: i', 'image: " i"'));
    expect(status).toBe(3);
    expect(out).toMatch(/^-:4:\d+: error: spec\.containers\[0\]\.image/m);
  });

  it('validate passes over what is for other nodes, where it is told which one this is', async () => {
    const named = (name: string, selector: string) =>
      pod(name).replace(`name: ${name}`, `name: ${name}, annotations: { solo-kubelet.dev/node-selector: "${selector}" }`);
    const manifest = `${named('a', 'site=munich')}---\n${named('b', 'site in (berlin),kubernetes.io/os=linux')}`;
    const validated = (text: string, ...more: string[]) => callAs('kubelet-cli', ['validate', ...more, '-'], text);
    expect(await validated(manifest)).toEqual({ status: 0, out: '-: 2 Pods can run\n', err: '' });
    const elsewhere = '-:1: Pod a is for other nodes (site=munich)\n';
    expect(await validated(manifest, '--node-labels', 'site=berlin')).toEqual({ status: 0, out: '-: can run\n', err: elsewhere });
    const alone = await validated(named('a', 'site=munich'), '--node-labels', 'site=berlin');
    expect(alone).toEqual({ status: 0, out: '-: nothing of it is for this node\n', err: elsewhere });
    const bad = await validated(named('a', 'site in munich'));
    expect(bad.status).toBe(3);
    expect(bad.out).toContain('Invalid value: "site in munich"');
    expect(await validated(manifest, '--node-labels', 'site')).toMatchObject({ status: 2, out: '' });
  });

  it('validate fills in the values of a node as a source would', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'values-')), 'node-values.yaml');
    await writeFile(file, 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: NodeValues\nvalues: { site: berlin, bad: "Not A Name" }\n');
    const text = (name: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostname: $(node.${name}), containers: [{name: app, image: x}]}\n`;
    const validated = (name: string, ...more: string[]) => callAs('kubelet-cli', ['validate', ...more, '-'], text(name));
    expect(await validated('site', '--node-values', file)).toEqual({ status: 0, out: '-: can run\n', err: '' });
    expect(await validated('bad', '--node-values', file)).toMatchObject({ status: 3, out: expect.stringContaining('spec.hostname') });
    expect(await validated('name', '--node-values', file, '--node-name', 'box')).toMatchObject({ status: 0 });
    const unknown = await validated('sit', '--node-values', file);
    expect(unknown).toMatchObject({ status: 3, out: expect.stringContaining('there is no value for $(node.sit) on this node') });
    await writeFile(file, 'values: []\n');
    expect(await validated('site', '--node-values', file)).toMatchObject({
      status: 2,
      err: expect.stringContaining('node-values.yaml:1:1: values: want a mapping'),
    });
  });

  it('validate takes objects of every kind beside Pods, and places what is wrong in them', async () => {
    const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n';
    expect(await callAs('kubelet-cli', ['validate', '-'], settings)).toEqual({ status: 0, out: '-: 1 object is valid\n', err: '' });
    const wrong = await callAs('kubelet-cli', ['validate', '-'], `${settings}---\n${settings.replace('settings', 'Not_A_Name')}`);
    expect(wrong.status).toBe(3);
    expect(wrong.out).toContain('metadata.name');
  });
});
