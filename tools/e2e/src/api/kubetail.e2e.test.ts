import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning } from '../kubelet/node.js';
import { kubectlPrograms, startApiNode } from './kubectl.js';

/** Debian: kubetail. A script that follows the logs of many Pods with kubectl. */
const kubetail = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'kubetail'))
  .find(existsSync);
const [kubectl] = kubectlPrograms;
if (kubetail === undefined) console.warn('kubetail is not tried: there is none in PATH (Debian: kubetail)');

it.runIf(kubetail !== undefined && kubectl !== undefined)(
  'kubetail follows the containers of all Pods that a name begins',
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'kubetail-'));
    await using api = await startApiNode();
    const { node } = api;
    const says = (word: string) => script('app', `while :; do echo ${word}; sleep 0.2; done`);
    await node.drop('shop-web.yaml', podManifest('shop-web', { terminationGracePeriodSeconds: 0, containers: [says('page')] }));
    await node.drop('shop-db.yaml', podManifest('shop-db', { terminationGracePeriodSeconds: 0, containers: [says('row')] }));
    await node.drop('other.yaml', podManifest('other', { terminationGracePeriodSeconds: 0, containers: [says('noise')] }));
    for (const name of ['shop-web', 'shop-db', 'other']) await node.pod(name, isRunning);
    // 1.6.5 loses the separator of its commands to a habit of bash 5.2 (findings/kubetail-follows-no-two-containers-with-bash-5-2.sh).
    const child = spawn('bash', ['+O', 'patsub_replacement', kubetail!, 'shop', '--colored-output', 'false'], {
      env: { TERM: 'xterm', PATH: process.env['PATH'], HOME: home, KUBECONFIG: api.kubeconfig, KUBECTL_BIN: kubectl },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    try {
      await waitFor(async () => text.includes('[shop-web-node1] page') && text.includes('[shop-db-node1] row'), {
        what: 'lines of both Pods',
        timeoutMs: 60_000,
      }).catch((cause: unknown) => {
        throw new Error(`kubetail said:\n${text.slice(-2_000)}`, { cause });
      });
      expect(text).not.toContain('noise');
    } finally {
      process.kill(-child.pid!, 'SIGKILL');
      await rm(home, { recursive: true, force: true });
    }
  },
  240_000,
);
