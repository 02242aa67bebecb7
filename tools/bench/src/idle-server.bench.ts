import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { it } from 'vitest';
import { freePorts } from '../../e2e/src/api/free-port.js';
import { ask } from '../../e2e/src/api/http.js';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { startNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';
import { cpuPercent, pssMiB } from './process-cost.js';

const MANY = 30;
const SCRAPES = 10;
const IDLE_SECONDS = 30;
const IDLE_POD = {
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }],
};

/** What the kubelet costs at rest with every listener on, and after Prometheus has been there. */
it('measures the idle cost with the HTTP API on', async () => {
  const [port = 0, readOnlyPort = 0, healthzPort = 0] = await freePorts(3);
  await using node = await startNode({ config: { enableServer: true, port, readOnlyPort, healthzPort, address: '127.0.0.1' } });
  const pid = node.kubelet().pid;
  for (let index = 0; index < MANY; index += 1) await node.drop(`idle-${index}.yaml`, podManifest(`idle-${index}`, IDLE_POD));
  await waitFor(async () => (await node.running()).size === MANY, { what: 'all pods', timeoutMs: 120_000 });
  const figures: Figure[] = [];
  const measure = async (when: string): Promise<void> => {
    // The first seconds of cpuPercent also let a garbage collection pass.
    const cpu = await cpuPercent(pid, IDLE_SECONDS);
    figures.push({ name: `CPU ${when}`, unit: '% of a core', spread: spread([cpu]), goal: 'under 1 %' });
    figures.push({ name: `PSS ${when}`, unit: 'MiB', spread: spread([await pssMiB(pid)]), goal: 'under 84' });
  };
  await measure('at rest, 30 pods, all listeners');
  for (let scrape = 0; scrape < SCRAPES; scrape += 1) {
    for (const path of ['/metrics', '/metrics/resource', '/metrics/cadvisor', '/metrics/probes', '/stats/summary', '/pods']) {
      await ask(`http://127.0.0.1:${readOnlyPort}${path}`);
    }
  }
  await measure('at rest after 60 scrapes');
  process.stdout.write(`${report(figures)}\n`);
}, 300_000);
