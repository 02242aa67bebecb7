import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CniIo } from './cni-settings.js';
import { runCniCommand } from './run-cni-command.js';

let root: string;
let netns: string;
const place = (name: string) => join(root, name);

/** A plugin that notes its commands and answers as told by the files beside it. */
const plugin = `#!/bin/sh
cat > /dev/null
dir=$(dirname "$0")
echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_NETNS $CNI_ARGS" >> "$dir/../calls"
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0","1.1.0"]}';;
ADD) echo '{"cniVersion":"1.1.0","ips":[{"address":"10.9.0.2/24"}]}';;
STATUS) if [ -e "$dir/sick" ]; then echo '{"code":50,"msg":"no daemon"}'; exit 1; fi;;
esac
`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cni-cli-'));
  netns = place('netns');
  await Promise.all([mkdir(place('bin')), mkdir(place('net.d')), mkdir(place('networks')), writeFile(netns, '')]);
  await writeFile(place('bin/fake'), plugin);
  await chmod(place('bin/fake'), 0o755);
  await writeFile(place('net.d/10-lab.conflist'), '{"cniVersion":"1.1.0","name":"lab","plugins":[{"type":"fake"}]}');
  await writeFile(
    place('networks/cam.yaml'),
    `kind: NetworkAttachmentDefinition\nmetadata: { name: cam, namespace: plant }\nspec: { config: '{"cniVersion":"1.0.0","type":"fake"}' }\n`,
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

const run = (...argv: readonly string[]) => runAsking(undefined, ...argv);
const runAsking = async (runtimeNetwork: CniIo['runtimeNetwork'], ...argv: readonly string[]) => {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const exitCode = await runCniCommand(
    [
      ...argv,
      '--conf-dir',
      place('net.d'),
      '--plugin-dir',
      place('bin'),
      '--cache-dir',
      place('cache'),
      '--network-dir',
      place('networks'),
      '--root-dir',
      place('kubelet'),
    ],
    {
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: (text) => stderr.push(text) },
      env: { PATH: '/usr/bin:/bin', CNI_ARGS: 'IgnoreUnknown=1' },
      runtimeNetwork,
    },
  );
  return { exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
};
const calls = async () => (await readFile(place('calls'), 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('VERSION'));

describe('kubelet-cli cni', () => {
  it('is not all well while the runtime that reads these networks says that it has none', async () => {
    const notReady = {
      ready: false,
      reason: 'NetworkPluginNotReady',
      message: 'Network plugin returns error: cni plugin not initialized',
      name: undefined,
      confDir: place('net.d'),
      pluginDirs: [],
    };
    const refused = await runAsking(async () => notReady, 'status');
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('yes') });
    expect(refused.stdout).toMatch(
      /^\(container runtime\) +no +container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady/m,
    );
    expect(await runAsking(async () => ({ ...notReady, confDir: '/elsewhere' }), 'status')).toMatchObject({ exitCode: 0 });
    expect(await runAsking(async () => ({ ...notReady, ready: true }), 'status')).toMatchObject({ exitCode: 0 });
    expect(await runAsking(async () => undefined, 'status')).toMatchObject({ exitCode: 0 });
    expect(await runAsking(async () => notReady, 'status', 'lab')).toMatchObject({ exitCode: 0 });
  });

  it('adds, checks and deletes as cnitool does, container id included', async () => {
    const added = await run('add', 'lab', '/var/run/netns/testing', '--ifname', 'net5');
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(added.stdout)).toMatchObject({ cniVersion: '1.1.0', ips: [{ address: '10.9.0.2/24' }] });
    expect(await run('check', 'lab', '/var/run/netns/testing', '--ifname', 'net5')).toMatchObject({ exitCode: 0 });
    expect(await run('del', 'lab', '/var/run/netns/testing', '--ifname', 'net5')).toMatchObject({ exitCode: 0 });
    const id = 'cnitool-77383ca0a0715733ca6f';
    expect(await calls()).toEqual([
      `ADD ${id} net5 /var/run/netns/testing IgnoreUnknown=1`,
      `CHECK ${id} net5 /var/run/netns/testing IgnoreUnknown=1`,
      // The namespace is not there: DEL goes without it.
      `DEL ${id} net5  IgnoreUnknown=1`,
    ]);
  });

  it('lists networks, faulty files and attachments', async () => {
    await writeFile(place('net.d/20-bad.conflist'), '{');
    await run('add', 'lab', netns, '--container-id', 'c1');
    const { stdout } = await run('list');
    expect(stdout).toMatch(
      /^NETWORK +VERSION +PLUGINS +FILE\nlab +1\.1\.0 +fake +\S+10-lab\.conflist\n- +- +invalid: .*20-bad\.conflist:1:2/,
    );
    expect(stdout).toMatch(/plant\/cam +1\.0\.0 +fake/);
    expect(stdout).toMatch(/NETWORK +CONTAINER +INTERFACE +ADDRESSES +NETNS\nlab +c1 +eth0 +10\.9\.0\.2\/24/);
    expect(JSON.parse((await run('list', '-o', 'json')).stdout)).toMatchObject({
      networks: [{ name: 'lab' }, { error: expect.stringContaining('not valid JSON') }, { name: 'plant/cam' }],
      attachments: [{ network: 'lab', containerId: 'c1', ifName: 'eth0' }],
    });
  });

  it('finds a network of the extra directory by namespace and name', async () => {
    expect(await run('add', 'plant/cam', netns)).toMatchObject({ exitCode: 0 });
  });

  it('tells which networks are well, and fails when one is not', async () => {
    expect(await run('status')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/lab +yes +CNI 1\.1\.0/) });
    await writeFile(place('bin/sick'), '');
    expect(await run('status', 'lab')).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/lab +no .*no daemon/) });
    expect(await run('status', 'nowhere')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('nowhere') });
  });

  it('releases what has no namespace any more and is not to be kept', async () => {
    for (const id of ['gone', 'kept', 'alive']) {
      await run('add', 'lab', id === 'alive' ? netns : '/nowhere', '--container-id', id);
    }
    expect(await run('gc', '--keep', 'kept')).toMatchObject({ exitCode: 0, stdout: 'released eth0 of gone on lab\n' });
    expect(await run('gc', '--keep', 'kept', '-o', 'json')).toMatchObject({ stdout: '{\n  "detached": []\n}\n' });
  });

  it('undoes an ADD that fails and prints why on stderr alone', async () => {
    await writeFile(place('bin/fake'), plugin.replace('ADD) echo', 'ADD) exit 1; echo'));
    expect(await run('add', 'lab', netns)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('CNI plugin fake (ADD on network lab)'),
    });
    expect((await calls()).map((line) => line.split(' ')[0])).toEqual(['ADD', 'DEL']);
  });

  it.each([
    [[], 'a command is missing'],
    [['frob'], 'there is no command "frob"'],
    [['add', 'lab'], 'add needs a NETWORK and a NETNS'],
    [['list', 'x'], 'list does not take "x"'],
    [['add', 'lab', 'ns', '--capability-args', '[]'], '--capability-args must be a JSON object'],
    [['list', '-o', 'xml'], '-o xml is not known'],
    [['list', '--timeout', 'x'], '--timeout x is not a number'],
    [['exec', 'lab'], 'exec needs a program'],
    [['list', '--frob'], '--frob'],
  ])('%j is a usage error', async (argv, message) => {
    expect(await run(...argv)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});
