import { readFile, writeFile } from 'node:fs/promises';
import type { NetworkPolicy } from '@solo-kubelet/object-spec';
import { computePolicyTables, endpointPod, readPolicies, wholeTableScript } from '@solo-kubelet/service-network';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labFault, run } from '../../cni/lab.js';
import { askTcp, type LabHost, type ServiceLab, shownPod, startServiceLab } from './service-lab.js';

/** Without it the kernel logs for the machine's own network alone. */
const SWITCH = '/proc/sys/net/netfilter/nf_log_all_netns';
const fault =
  (await labFault()) ??
  (await Promise.all([readFile(SWITCH), run('dmesg')]).then(
    () => undefined,
    (error: Error) => error.message,
  ));
if (fault !== undefined) console.log(`drop-log.e2e.test.ts is skipped: ${fault}`);

describe.skipIf(fault !== undefined)('the log of what policies drop', () => {
  let lab: ServiceLab;
  let one: LabHost;
  let two: LabHost;
  let before: string;
  beforeAll(async () => {
    before = await readFile(SWITCH, 'utf8');
    await writeFile(SWITCH, '1');
    lab = await startServiceLab();
    [one, two] = [await lab.pod(11), await lab.pod(12)];
    await lab.serve(two, 'two', [8080]);
  }, 60_000);
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    if (before !== undefined) await writeFile(SWITCH, before);
  });

  it('has addresses and the port once it is on, and nothing before', async () => {
    const pods = [11, 12].map((place) => endpointPod(shownPod(`p${place}`, [`10.77.0.${place}`]), false)!);
    const policy: NetworkPolicy = {
      metadata: { name: 'deny', namespace: 'default' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    };
    const put = async (logsDrops: boolean): Promise<void> => {
      const policies = readPolicies({ policies: [policy], namespaces: new Map([['default', {}]]) });
      const [table] = computePolicyTables({ policies, pods, families: ['IPv4'], owner: 'drop-log', logsDrops });
      const script = wholeTableScript(table!);
      const { code, stderr } = await lab.run('nft', ['-f', '-'], { input: script, signal: new AbortController().signal });
      expect([code, stderr]).toEqual([0, '']);
    };
    const ports = async (): Promise<readonly string[]> =>
      (await run('dmesg'))
        .split('\n')
        .flatMap((line) => /solo-np drop: IN=.* SRC=10\.77\.0\.11 DST=10\.77\.0\.12 .* DPT=(\d+)/.exec(line)?.[1] ?? []);
    const [quiet, loud] = [20_000 + (process.pid % 10_000), 30_000 + (process.pid % 10_000)];
    await put(false);
    expect(await askTcp(one.netns, { host: two.ip, port: quiet, waitMs: 1_000 })).toEqual(['timeout']);
    await put(true);
    expect(await askTcp(one.netns, { host: two.ip, port: loud, waitMs: 1_000 })).toEqual(['timeout']);
    const seen = await waitFor(async () => ((await ports()).includes(String(loud)) ? ports() : undefined), {
      what: 'the line',
      timeoutMs: 10_000,
    });
    expect(seen).not.toContain(String(quiet));
  });
});
