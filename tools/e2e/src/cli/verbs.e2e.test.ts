import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { imageArchive, localArchitecture, pauseImage, writeLayer } from '@solo-kubelet/standalone-node/images';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { kubeletCli, type Ran } from './command-line.js';
import { openTerminal } from './terminal.js';

let node: TestNode;
let directory: string;
const socket = (): readonly string[] => ['--socket', join(node.bed.directory, 'kubelet.sock')];
const cli = (...argv: readonly string[]): Promise<Ran> => {
  const dashes = argv.indexOf('--');
  return kubeletCli(dashes < 0 ? [...argv, ...socket()] : [...argv.slice(0, dashes), ...socket(), ...argv.slice(dashes)]);
};
const file = async (name: string, content: object | string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, typeof content === 'string' ? content : stringify(content));
  return path;
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-cli-'));
  node = await startNode();
  await node.drop(
    'talk.yaml',
    podManifest(
      'talk',
      { containers: [script('app', `echo hello; echo oops >&2; ${SLEEP}`), script('other', `echo other; ${SLEEP}`)] },
      { labels: { app: 'talk' } },
    ),
  );
  await node.pod('talk', isRunning);
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

describe('looking', () => {
  it('get pods prints a table, and every other form', async () => {
    const { status, stdout } = await cli('get', 'pods');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\ntalk-node1 +2\/2 +Running +0 +\d+s\n$/);
    expect((await cli('get', 'pods', '-o', 'wide')).stdout).toMatch(/IP +NODE\n.*\d+\.\d+\.\d+\.\d+ +node1\n/);
    expect((await cli('get', 'pods', '-o', 'name')).stdout).toBe('pod/talk-node1\n');
    expect(JSON.parse((await cli('get', 'pod', 'talk', '-o', 'json')).stdout)).toMatchObject({
      kind: 'Pod',
      metadata: { name: 'talk-node1' },
      status: { phase: 'Running' },
    });
    expect((await cli('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}')).stdout).toBe('Running');
    expect((await cli('get', 'pods', '-l', 'app=none')).stderr).toBe('No resources found in default namespace.\n');
  });

  it('get pods -w prints each change in the columns of the first table, until Ctrl-C', async () => {
    const watching = kubeletCli(['get', 'pods', '-w', ...socket()], { interruptOn: /^brief-node1 .*Running/m });
    await node.drop('brief.yaml', sleeper('brief'));
    // It stays until the watcher has seen it run: on a busy machine that comes late.
    const { status, stdout, stderr } = await watching;
    await node.remove('brief.yaml');
    await node.gone('brief');
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    const columns = stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.search(/Running|Pending|ContainerCreating|STATUS/)]));
    expect(new Set(columns).size).toBe(1);
    expect(stdout.match(/^talk-node1 /gm)).toHaveLength(1);
  });

  it('logs -f ends by Ctrl-C without a word', async () => {
    const both = /hello\noops\n|oops\nhello\n/; // the runtime writes what came by two streams in either order
    const { status, stdout, stderr } = await kubeletCli(['logs', '-f', 'talk', ...socket()], { interruptOn: both });
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    expect(stdout).toMatch(both);
  });

  it('get node, manifests and events tell their own', async () => {
    expect((await cli('get', 'node')).stdout).toMatch(/^NAME +STATUS +AGE +VERSION\nnode1 +Ready +\d+s +v1\.36/);
    expect((await cli('get', 'manifests')).stdout).toMatch(/talk\.yaml +accepted +default\/talk-node1/);
    expect((await cli('events', '--for', 'talk')).stdout).toMatch(
      /Normal +Started +pod\/talk-node1 +spec\.containers\{\w+\}: Container started/,
    );
  });

  it('images import takes archives compressed, and one that names no image by the name it is given', async () => {
    const bytes = await imageArchive([{ ...pauseImage(localArchitecture(arch())!), reference: 'example.org/packed:1' }]);
    const packed = join(directory, 'packed.tar.gz');
    await writeFile(packed, gzipSync(bytes));
    const unnamed = join(directory, 'unnamed.tar');
    await writeFile(
      unnamed,
      await writeLayer([
        {
          type: 'file',
          path: 'c.json',
          content: JSON.stringify({ os: 'linux', architecture: localArchitecture(arch()), rootfs: { type: 'layers', diff_ids: [] } }),
        },
        { type: 'file', path: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', Layers: [], RepoTags: null }]) },
      ]),
    );
    expect(await cli('images', 'import', packed)).toEqual({ status: 0, stdout: 'example.org/packed:1\n', stderr: '' });
    expect(await cli('images', 'import', unnamed)).toMatchObject({ status: 1, stderr: expect.stringContaining('--name') });
    expect(await cli('images', 'import', unnamed, '--name', 'unnamed')).toMatchObject({ stdout: 'docker.io/library/unnamed:latest\n' });
    const { stdout } = await cli('get', 'images');
    for (const name of ['example.org/packed:1', 'docker.io/library/unnamed:latest']) expect(stdout).toContain(`${name} `);
  });

  it('describe tells the pod, its containers and its events, and no values of variables', async () => {
    await node.drop('secret.yaml', sleeper('secret', { env: [{ name: 'PASSWORD', value: 'hunter2' }] }));
    await node.pod('secret', isRunning);
    const { stdout } = await cli('describe', 'pod', 'secret');
    for (const text of [
      'Name:                 secret-node1',
      'Containers:\n  app:\n',
      'State:            Running',
      'QoS Class:            BestEffort',
      'Events:\n',
      'Manifest:',
      'PASSWORD: <set>',
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toContain('hunter2');
    await node.remove('secret.yaml');
    await node.gone('secret');
  });

  it('logs: one container, all of them, one stream tail, and a follow that ends with the pod', async () => {
    expect((await cli('logs', 'talk', '-c', 'app')).stdout.split('\n').sort()).toEqual(['', 'hello', 'oops']);
    expect((await cli('logs', 'talk', '-c', 'app', '--tail', '1')).stdout.split('\n')).toHaveLength(2);
    expect((await cli('logs', '-l', 'app=talk', '--all-containers')).stdout).toMatch(/^\[talk-node1\/app\] hello$/m);
    await node.drop(
      'count.yaml',
      podManifest('count', { restartPolicy: 'Never', containers: [script('app', 'for i in 1 2 3 4 5; do echo $i; sleep 0.2; done')] }),
    );
    await node.pod('count', (pod) => pod.status?.phase === 'Running');
    expect((await cli('logs', '-f', 'count')).stdout).toBe('1\n2\n3\n4\n5\n');
    await node.remove('count.yaml');
    await node.gone('count');
  });

  it('top shows what pods and the node use', async () => {
    expect((await cli('top', 'pods')).stdout).toMatch(/^NAME +CPU\(cores\) +MEMORY\(bytes\)\ntalk-node1 +\d+m +\d+Mi\n/);
    expect((await cli('top', 'pods', '--containers')).stdout).toMatch(/talk-node1 +other +\d+m/);
    expect((await cli('top', 'node')).stdout).toMatch(/node1 +\d+m +\d+Mi +\d+%/);
  });

  it('says what to do when a name is wrong', async () => {
    expect(await cli('logs', 'nosuch')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('pod "nosuch" not found in namespace "default"'),
    });
    expect(await cli('logs', 'talk', '-c', 'nosuch')).toMatchObject({ status: 1, stderr: expect.stringContaining('It has: app, other') });
    expect(await cli('get', 'pod')).toMatchObject({ status: 0 });
    expect(await cli('gte', 'pods')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean get?') });
    expect(await cli('get', 'podz')).toMatchObject({ status: 2 });
  });

  it('works as the runtime alone when no kubelet answers', async () => {
    const ran = await kubeletCli(['get', 'pods', '--runtime-endpoint', node.bed.endpoint]);
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringMatching(/talk-node1 +2\/2 +Running/) });
    const direct = await kubeletCli(['exec', 'talk', '--runtime-endpoint', node.bed.endpoint, '--', 'echo', 'direct']);
    expect(direct).toEqual({ status: 0, stdout: 'direct\n', stderr: '' });
  });
});

describe('sessions', () => {
  it('exec passes output, input and the exit code', async () => {
    expect(await cli('exec', 'talk', '-c', 'app', '--', 'sh', '-c', 'echo out; echo err >&2; exit 5')).toMatchObject({
      status: 5,
      stdout: 'out\n',
      stderr: expect.stringContaining('err\n'),
    });
    expect(await kubeletCli(['exec', '-i', 'talk', ...socket(), '--', 'tr', 'a-z', 'A-Z'], { stdin: 'quiet' })).toMatchObject({
      status: 0,
      stdout: 'QUIET',
    });
  });

  it('exec -it is a real terminal: prompt, size, resize, Ctrl-C, exit code', async () => {
    await using terminal = await openTerminal(['exec', '-it', 'talk', ...socket(), '--', 'sh']);
    await terminal.screen(/[#$] $/m);
    await terminal.type('stty size; tty\n');
    await terminal.screen(/24 80\s+\/dev\/pts/);
    await terminal.resize(100, 30);
    await terminal.type('stty size\n');
    await waitFor(
      async () => {
        await terminal.type('stty size\n');
        return /30 100/.test(await terminal.screen(/stty/));
      },
      { what: 'the new size', intervalMs: 200 },
    );
    await terminal.type('echo now-$((40+2)); sleep 1000\n');
    await terminal.screen(/now-42/);
    await terminal.keys('C-c');
    await terminal.type('echo back-$((40+2))\n');
    await terminal.screen(/back-42/);
    await terminal.type('exit 7\n');
    await terminal.screen(/status=7/);
  });

  it('attach leaves the container running on Ctrl-P Ctrl-Q', async () => {
    await node.drop(
      'shell.yaml',
      podManifest('shell', { containers: [{ name: 'app', image: imageNames.busybox, command: ['sh'], stdin: true, tty: true }] }),
    );
    await node.pod('shell', isRunning);
    const id = (await node.running()).get('shell/app');
    await using terminal = await openTerminal(['attach', '-it', 'shell', ...socket()]);
    await waitFor(
      async () => {
        await terminal.type('echo alive-$((40+2))\n');
        return /alive-42/.test(await terminal.screen(/./));
      },
      { what: 'an answer of the shell', intervalMs: 300 },
    );
    await terminal.keys('C-p', 'C-q');
    await terminal.screen(/detached[\s\S]*status=0/);
    expect((await node.running()).get('shell/app')).toBe(id);
    await node.remove('shell.yaml');
    await node.gone('shell');
  });

  it('port-forward reaches a server in the pod', async () => {
    await node.drop(
      'http.yaml',
      podManifest('http', { containers: [{ name: 'app', image: imageNames.http, ports: [{ name: 'web', containerPort: 8080 }] }] }),
    );
    await node.pod('http', isRunning);
    await using terminal = await openTerminal(['port-forward', 'http', ':web', ...socket()]);
    const screen = await terminal.screen(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
    const port = /127\.0\.0\.1:(\d+)/.exec(screen)?.[1];
    expect(await (await fetch(`http://127.0.0.1:${port}/cgi-bin/healthz`)).text()).toBe('ok\n');
    await terminal.keys('C-c');
    await terminal.screen(/status=130/);
    await node.remove('http.yaml');
    await node.gone('http');
  });

  it('cp carries 100 MB up and down, byte for byte, and directories', async () => {
    const data = randomBytes(100 << 20);
    await writeFile(join(directory, 'big'), data);
    expect(await cli('cp', join(directory, 'big'), 'talk:/tmp/big', '-c', 'app')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await cli('cp', 'talk:/tmp/big', join(directory, 'back'), '-c', 'app')).toEqual({ status: 0, stdout: '', stderr: '' });
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await readFile(join(directory, 'back')))).toBe(hash(data));
    await mkdir(join(directory, 'tree/sub'), { recursive: true });
    await writeFile(join(directory, 'tree/sub/leaf'), 'leaf');
    expect(await cli('cp', join(directory, 'tree'), 'talk:/tmp/tree')).toMatchObject({ status: 0 });
    expect(await cli('cp', 'talk:/tmp/tree', join(directory, 'tree2'))).toMatchObject({ status: 0 });
    expect(await readFile(join(directory, 'tree2/sub/leaf'), 'utf8')).toBe('leaf');
  });
});

describe('changing', () => {
  it('apply, diff and delete: shown, put in place, waited for, and taken away', async () => {
    const first = await file('app.yaml', sleeper('applied'));
    expect(await cli('apply', '-f', first)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/pod default\/applied-node1: added[\s\S]*pod\/applied-node1 is running/),
    });
    expect(await cli('diff', '-f', first)).toMatchObject({ status: 0, stdout: 'pod default/applied-node1: unchanged\n' });
    await file('app.yaml', sleeper('applied', { env: [{ name: 'A', value: 'secret' }], workingDir: '/tmp' }));
    const diff = await cli('diff', '-f', first);
    expect(diff).toMatchObject({ status: 1, stdout: expect.stringContaining('spec.containers[app].workingDir: <none> -> /tmp') });
    expect(diff.stdout).toContain('container app starts: the pod is replaced');
    expect(await cli('apply', '-f', first)).toMatchObject({ status: 0, stdout: expect.stringContaining('replaced') });
    expect(await cli('delete', 'pod', 'applied')).toMatchObject({ status: 0, stdout: 'pod default/applied-node1 deleted\n' });
    expect((await node.pods()).some(({ metadata }) => metadata.name === 'applied-node1')).toBe(false);
  });

  it('apply of a bad manifest shows where, writes nothing and exits 3', async () => {
    const bad = await file(
      'bad.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n  containers:\n  - name: app\n    image: x\n    ports:\n    - containerPort: 99999\n',
    );
    const ran = await cli('apply', '-f', bad);
    expect(ran).toMatchObject({ status: 3, stdout: '' });
    expect(ran.stderr).toMatch(/bad\.yaml:10:\d+/);
    expect((await cli('get', 'manifests')).stdout).not.toContain('bad.yaml');
  });

  it('apply of a pod that cannot run exits 1 and says why', async () => {
    const path = await file(
      'cannot.yaml',
      podManifest('cannot', { containers: [{ name: 'app', image: 'localhost/no/such:1', imagePullPolicy: 'Never' }] }),
    );
    expect(await cli('apply', '-f', path, '--timeout', '5s')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ErrImageNeverPull'),
    });
    expect(await cli('delete', '-f', path)).toMatchObject({ status: 0 });
  });

  it('wait waits, and tells what is instead', async () => {
    expect(await cli('wait', '--for', 'condition=Ready', 'pod/talk')).toMatchObject({ status: 0, stdout: 'pod/talk condition met\n' });
    expect(await cli('wait', '--for', 'phase=Succeeded', 'talk', '--timeout', '1s')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it is Running'),
    });
  });

  it('restart starts the containers anew', async () => {
    await node.drop('again.yaml', sleeper('again'));
    const before = (await node.pod('again', isRunning)).status?.containerStatuses?.[0]?.containerID;
    expect(await cli('restart', 'again')).toMatchObject({ status: 0 });
    await node.pod('again', (pod) => isRunning(pod) && pod.status?.containerStatuses?.[0]?.containerID !== before);
    await node.remove('again.yaml');
    await node.gone('again');
  });
});
