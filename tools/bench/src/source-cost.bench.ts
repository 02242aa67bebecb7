import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { sleeper } from '../../e2e/src/kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';
import { pssMiB } from './process-cost.js';

const REST_SECONDS = Number(process.env['REST_SECONDS'] ?? 60);
/** Rests in turns: a busy machine makes all equally slow. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
/** The shortest that a source may have: at the default of 5 min a rest would see none. */
const INTERVAL_SECONDS = 5;
const DEFAULT_SECONDS = 300;

/** CPU time of a process and all its threads, ms: the clock ticks of `stat` are as long as two checks. */
const cpuMs = async (pid: number): Promise<number> => {
  let total = 0;
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => '0');
    total += Number(text.split(' ')[0]) / 1e6;
  }
  return total;
};

/** What one verified source costs: beside each other, a kubelet with a file, one with a signed source by http, and one with that by https; a Pod each. */
it('measures what a verified source costs at rest', { timeout: 3_600_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'source-cost-'));
  const at = (...names: readonly string[]): string => join(directory, ...names);
  const nodes: TestNode[] = [];
  const closes: (() => void)[] = [];
  try {
    execFileSync('minisign', ['-G', '-W', '-s', at('site.key'), '-p', at('site.pub')], { stdio: 'ignore' });
    await writeFile(at('site.yaml'), JSON.stringify(sleeper('web')));
    execFileSync('minisign', ['-S', '-s', at('site.key'), '-m', at('site.yaml')], { stdio: 'ignore' });
    const san = ['-subj', '/CN=site', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', at('tls.key'), '-out', at('tls.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...san], { stdio: 'ignore' });
    const contents = new Map<string, Buffer>();
    for (const name of ['site.yaml', 'site.yaml.minisig']) contents.set(`/${name}`, await readFile(at(name)));
    const checks = { http: 0, https: 0 };
    const listener =
      (scheme: 'http' | 'https') =>
      (
        request: { readonly url?: string; readonly headers: { readonly 'if-none-match'?: string } },
        response: import('node:http').ServerResponse,
      ) => {
        const content = contents.get(request.url ?? '');
        const etag = `"${content?.length}"`;
        if (request.headers['if-none-match'] === etag) {
          checks[scheme] += 1;
          response.writeHead(304, { etag }).end();
        } else response.writeHead(content === undefined ? 404 : 200, { etag }).end(content);
      };
    const listen = async (server: ReturnType<typeof createServer>): Promise<number> => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closes.push(() => {
        server.closeAllConnections();
        server.close();
      });
      return (server.address() as AddressInfo).port;
    };
    const ports = {
      http: await listen(createServer(listener('http'))),
      https: await listen(
        createSecureServer({ key: await readFile(at('tls.key')), cert: await readFile(at('tls.pem')) }, listener('https')),
      ),
    };
    nodes.push(await startNode());
    for (const scheme of ['http', 'https'] as const) {
      await mkdir(at(scheme));
      await writeFile(
        at(scheme, 'site.yaml'),
        JSON.stringify({
          apiVersion: 'solo-kubelet.dev/v1alpha1',
          kind: 'ManifestSource',
          metadata: { name: 'site' },
          spec: {
            url: `${scheme}://127.0.0.1:${ports[scheme]}/site.yaml`,
            interval: `${INTERVAL_SECONDS}s`,
            verification: { keyFiles: [at('site.pub')] },
            ...(scheme === 'https' && { tls: { caFile: at('tls.pem') } }),
          },
        }),
      );
      nodes.push(await startNode({ flags: ['--source-dir', at(scheme)] }));
    }
    await nodes[0]!.drop('web.yaml', sleeper('web'));
    for (const node of nodes) await node.pod('web', isRunning, 120_000);
    const pids = nodes.map((node) => node.kubelet().pid);
    const pause = (seconds: number): Promise<unknown> => {
      const beganMs = performance.now();
      return waitFor(async () => performance.now() - beganMs >= seconds * 1_000, {
        what: 'rest',
        timeoutMs: seconds * 3_000,
        intervalMs: 500,
      });
    };
    await pause(20);
    const more: number[][] = [[], []];
    const perCheck: number[][] = [[], []];
    const memory: number[][] = [[], []];
    const alone: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const [before, asked, beganMs] = [await Promise.all(pids.map(cpuMs)), { ...checks }, performance.now()];
      await pause(REST_SECONDS);
      const passedMs = performance.now() - beganMs;
      const [own = 0, ...others] = (await Promise.all(pids.map(cpuMs))).map((now, index) => now - before[index]!);
      alone.push((own / passedMs) * 100);
      const pss = await Promise.all(pids.map(pssMiB));
      for (const [index, scheme] of (['http', 'https'] as const).entries()) {
        const extra = others[index]! - own;
        more[index]!.push((extra / passedMs) * 100);
        perCheck[index]!.push(extra / (checks[scheme] - asked[scheme]));
        memory[index]!.push(pss[index + 1]! - pss[0]!);
      }
    }
    const figures: Figure[] = [{ name: 'CPU of the one with a file', unit: '% of a core', spread: spread(alone), goal: '' }];
    for (const [index, scheme] of (['http', 'https'] as const).entries())
      figures.push(
        { name: `${scheme}: CPU more, every ${INTERVAL_SECONDS} s`, unit: '% of a core', spread: spread(more[index]!), goal: '' },
        { name: `${scheme}: CPU of a check`, unit: 'ms', spread: spread(perCheck[index]!), goal: '' },
        {
          name: `${scheme}: the same every 5 min`,
          unit: '% of a core',
          spread: spread(perCheck[index]!.map((ms) => ms / (DEFAULT_SECONDS * 10))),
          goal: '0.05',
        },
        { name: `${scheme}: PSS more`, unit: 'MiB', spread: spread(memory[index]!), goal: '3' },
      );
    process.stdout.write(`${report(figures)}\nload ${loadavg()[0]?.toFixed(1)}\n`);
    expect(checks.http).toBeGreaterThan(0);
    expect(checks.https).toBeGreaterThan(0);
  } finally {
    for (const node of nodes) await node[Symbol.asyncDispose]();
    for (const close of closes) close();
    await rm(directory, { recursive: true, force: true });
  }
});
