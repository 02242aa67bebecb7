import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bucketServer, S3_ACCOUNT } from '../../../../packages/verified-source/test/real-places.js';
import { sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

// A fleet that is seen without a server: boxes put their reports into a bucket, and whoever looks after them lists it.

const exec = promisify(execFile);

let directory: string;
let bucket: Awaited<ReturnType<typeof bucketServer>>;
let node: TestNode;
let options: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reports-'));
  bucket = await bucketServer(join(directory, 'bucket'), 'fleet');
  const credentials = join(directory, 'credentials');
  // Not there yet: a box whose bucket is of no use runs what it runs.
  options = `endpoint=${bucket.endpoint}&credentialsFile=${credentials}`;
  node = await startNode({
    flags: ['--node-labels', 'site=berlin', '--node-report', `s3://fleet/reports/$(NODE_NAME).json#interval=10s&${options}`],
  });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await bucket?.close();
  await rm(directory, { recursive: true, force: true });
});

const status = (...more: readonly string[]) =>
  exec(process.execPath, [kubeletBinary, 'fleet', 'status', `s3://fleet/reports/#${options}`, ...more], {
    timeout: 120_000,
    maxBuffer: 64 << 20,
    env: { PATH: process.env['PATH'] },
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({ code, stdout, stderr }),
  );
const shows = (what: RegExp) =>
  waitFor(
    async () => {
      const shown = await status('-o', 'wide');
      return what.test(shown.stdout) ? shown : undefined;
    },
    { what: String(what), timeoutMs: 90_000 },
  );

it('a box puts its reports into a bucket, once it may, and one table shows it among a thousand', async () => {
  await node.drop('web.yaml', sleeper('web'));
  await node.pod('web', isRunning);
  await waitFor(async () => node.kubelet().log().includes('The report of the node cannot be delivered') || undefined, {
    what: 'the warning',
    timeoutMs: 60_000,
  });
  expect((await status()).stderr).toContain('cannot read s3://fleet/reports/: cannot read');

  await writeFile(
    join(directory, 'credentials'),
    `[default]\naws_access_key_id = ${S3_ACCOUNT.accessKeyId}\naws_secret_access_key = ${S3_ACCOUNT.secretAccessKey}\n`,
  );
  expect(await shows(/^node1 .*True .* 1\/1 .*site=berlin/m)).toMatchObject({ code: 0 });
  expect(bucket.requests.find(({ path }) => path === '/fleet/reports/node1.json')).toMatchObject({ status: 200 });

  const now = new Date().toISOString();
  for (let at = 1; at < 1_000; at += 1)
    await bucket.put(
      `reports/box-${at}.json`,
      JSON.stringify({
        apiVersion: 'solo-kubelet.dev/v1alpha1',
        kind: 'NodeReport',
        metadata: { name: `box-${at}` },
        status: { time: now, since: now, healthy: true, sources: [{ name: 'site', revision: 42 }], pods: {} },
      }),
    );
  const shown = await status();
  expect(shown.stdout).toMatch(/\n1000 nodes: 1000 healthy, 0 not healthy, 0 stale; revision 42: 999, <none>: 1\n$/);
  expect(shown.code).toBe(0);
});

it('a bucket that is away keeps no Pod waiting', async () => {
  await bucket.close();
  await node.remove('web.yaml');
  await node.gone('web');
  await node.drop('lost.yaml', sleeper('lost'));
  await node.pod('lost', isRunning);
  expect(await status()).toMatchObject({
    code: expect.any(Number),
    stderr: expect.stringMatching(/cannot read s3:\/\/fleet\/reports\/: .*ECONNREFUSED/),
  });
});
