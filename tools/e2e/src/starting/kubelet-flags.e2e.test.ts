import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, startTestbed, type Testbed, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let bed: Testbed;
const running: ChildProcess[] = [];

beforeAll(async () => {
  bed = await startTestbed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
});

const start = (...flags: readonly string[]) => {
  const child = spawn(process.execPath, [kubeletBinary, 'run', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  running.push(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, ended, log: () => log };
};

/** What every kubelet here needs besides the flags under test, to stay inside the testbed. */
const inside = (): readonly string[] => [
  `--root-dir=${bed.rootDirectory}`,
  `--cgroup-root=${bed.cgroupRoot}`,
  `--api-socket=${join(bed.directory, 'kubelet.sock')}`,
  '--enable-server=false',
  '--healthz-port=0',
];

const readyPods = async (): Promise<number> =>
  (await bed.cri.runtime.listContainers({ filter: { state: { state: 1 } } })).containers.length;

describe("the kubelet's command line", () => {
  it("starts with the deck's flags and runs what lies in the manifest directory", async () => {
    const manifest = join(bed.manifestDirectory, 'web.yaml');
    await writeFile(
      manifest,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web' },
        spec: { containers: [{ name: 'web', image: imageNames.http }] },
      }),
    );
    const kubelet = start(
      ...'--logtostderr=true --v=0 --address=127.0.0.1 --hostname-override=127.0.0.1 --allow-privileged=true --cgroup-driver=systemd'.split(
        ' ',
      ),
      ...'--fail-swap-on=false --container-runtime=remote --runtime-request-timeout=10m'.split(' '),
      `--pod-manifest-path=${bed.manifestDirectory}`,
      `--container-runtime-endpoint=${bed.endpoint}`,
      ...inside(),
    );
    await waitFor(async () => (await readyPods()) === 1, { what: 'a running container' }).catch((error: Error) => {
      throw new Error(`${error.message}; the kubelet says:\n${kubelet.log()}`);
    });
    for (const flag of ['--logtostderr', '--allow-privileged', '--container-runtime']) {
      expect(kubelet.log().split(`${flag} has no effect`).length - 1, flag).toBe(1);
    }

    kubelet.child.kill('SIGTERM');
    expect(await kubelet.ended).toBe(0);
    expect(await readyPods()).toBe(1);

    await rm(manifest);
    const next = start(
      `--pod-manifest-path=${bed.manifestDirectory}`,
      `--container-runtime-endpoint=${bed.endpoint}`,
      '--hostname-override=127.0.0.1',
      '--cgroup-driver=systemd',
      ...inside(),
    );
    await waitFor(async () => (await bed.cri.runtime.listPodSandbox({})).items.length === 0, { what: 'the pod to be gone' });
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });

  it('does not start twice on one root directory', async () => {
    const first = start(`--container-runtime-endpoint=${bed.endpoint}`, `--pod-manifest-path=${bed.manifestDirectory}`, ...inside());
    await waitFor(async () => first.log().includes('Kubelet started'), { what: 'the first to start' });
    const second = start(`--container-runtime-endpoint=${bed.endpoint}`, ...inside());
    expect(await second.ended).toBe(1);
    expect(second.log()).toContain(`another kubelet is using ${bed.rootDirectory}`);
  });

  it('ends well when somebody waits for its lock file, and waits itself while it is taken', async () => {
    const lockFile = join(bed.directory, 'kubelet.lock');
    const flags = [`--container-runtime-endpoint=${bed.endpoint}`, `--lock-file=${lockFile}`, '--exit-on-lock-contention', ...inside()];
    const first = start(...flags);
    await waitFor(async () => first.log().includes('Kubelet started'), { what: 'the first to start' });
    const rival = spawn('flock', [lockFile, 'sh', '-c', 'echo mine; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    running.push(rival);
    await once(rival.stdout, 'data');
    expect(await first.ended).toBe(0);
    const second = start(...flags);
    await waitFor(async () => second.log().includes('Acquiring the file lock'), { what: 'the second to wait' });
    expect(second.log()).not.toContain('Kubelet started');
    rival.stdin.end();
    await waitFor(async () => second.log().includes('Kubelet started'), { what: 'the second to start' });
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('waits for a runtime that is not there, and says so once', async () => {
    const kubelet = start('--container-runtime-endpoint=unix:///tmp/no-such.sock', ...inside());
    await waitFor(async () => kubelet.log().includes('waiting for it'), { what: 'the warning' });
    expect(kubelet.log()).toContain('/tmp/no-such.sock');
    kubelet.child.kill('SIGTERM');
    expect(await kubelet.ended).toBe(0);
    expect(kubelet.log().split('waiting for it').length - 1).toBe(1);
  });

  it.each([
    [['--pod-manifest-pth=/x'], 'unknown flag: --pod-manifest-pth\nDid you mean --pod-manifest-path?\n'],
    [['--fail-swap-on=perhaps'], 'invalid argument "perhaps" for --fail-swap-on: expected true or false\n'],
    [['--max-pods=-1'], expect.stringContaining('invalid configuration: maxPods (--max-pods) -1 must not be a negative number')],
  ])('refuses %j with status 2 before it touches anything', async (flags, message) => {
    const kubelet = start(...flags);
    expect(await kubelet.ended).toBe(2);
    expect(kubelet.log()).toEqual(message);
  });

  it('refuses a cgroup v1 machine only when told to', async () => {
    const kubelet = start(`--container-runtime-endpoint=${bed.endpoint}`, '--fail-cgroupv1=true', ...inside());
    const outcome = await Promise.race([
      kubelet.ended,
      waitFor(async () => kubelet.log().includes('Kubelet started'), { what: 'a start on cgroup v2' }).catch(() => undefined),
    ]);
    if (outcome === 1) expect(kubelet.log()).toContain('kubelet is configured to not run on a host using cgroup v1');
    else expect(outcome).toBe(true);
  });
});
