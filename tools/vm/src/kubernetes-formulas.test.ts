import { readFileSync } from 'node:fs';
import { parseManifest, podQosClass } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import { expectedLevels, expectedPod } from './kubernetes-formulas.js';
import { pods } from './pods.js';

/** What read-cgroups.sh printed on Debian 13: systemd driver, containerd 1.7, runc 1.1, 2 CPUs. */
const seen = readFileSync(new URL('./seen-on-trixie.tsv', import.meta.url), 'utf8');
const node = { cpus: 2, memoryBytes: 3_054_952_448 };
const { burstable: _, ...ran } = pods;

it.each(Object.entries(pods))('%s is described as its manifest has it', (name, { uid, qosClass }) => {
  const text = readFileSync(new URL(`./pods/${name}.yaml`, import.meta.url), 'utf8');
  const [document] = parseManifest(text, { path: `${name}.yaml`, nodeName: 'vm' }).documents;
  if (!document?.result.ok) throw new Error(`${name}.yaml is no Pod`);
  expect([document.result.pod.metadata.uid, podQosClass(document.result.pod)]).toEqual([uid, qosClass]);
});

describe('the formulas', () => {
  it('give what Kubernetes gives', () => {
    const { pod, container } = expectedPod(pods.burstable, node);
    expect(pod).toMatchObject({ 'cpu.weight': '10', 'cpu.max': '100000 100000', 'memory.max': '100663296', 'hugetlb.2MB.max': '4194304' });
    expect(container).toMatchObject({ 'cpu.weight': ['10', '35'], oom_score_adj: '990' });
    expect(expectedPod({ uid: '1', qosClass: 'Burstable', memoryRequest: 3_000_000_000 }, node).container['oom_score_adj']).toBe('18');
  });

  it('keep memory for Pods and slow containers down with the gate MemoryQoS alone', () => {
    const MIB = 1024 ** 2;
    const qos = { throttlingFactor: 0.5 };
    expect(expectedPod(pods.guaranteed, node, qos)).toMatchObject({
      pod: { 'memory.min': `${64 * MIB}`, 'memory.low': '0', 'memory.high': 'max' },
      container: { 'memory.min': `${64 * MIB}`, 'memory.low': '0', 'memory.high': 'max' },
    });
    expect(expectedPod(pods['half-limited'], node, qos)).toMatchObject({
      pod: { 'memory.min': '0', 'memory.low': `${16 * MIB}`, 'memory.high': 'max' },
      container: { 'memory.min': '0', 'memory.low': `${16 * MIB}`, 'memory.high': `${32 * MIB}` },
    });
    expect(expectedPod(pods['half-limited'], node, {}).container['memory.high']).toBe('max');
    expect(expectedPod(pods['best-effort'], node, qos).container['memory.high']).toBe(`${node.memoryBytes / 2}`);
    expect(expectedLevels(Object.values(pods), node, qos)).toMatchObject({
      kubepods: { 'memory.min': `${112 * MIB}`, 'memory.low': '0' },
      burstable: { 'memory.min': '0', 'memory.low': `${48 * MIB}` },
      besteffort: { 'memory.min': '0', 'memory.low': '0' },
    });
  });

  it('find nothing to object to on a machine that was right', () => {
    expect(differences(parseCgroups(seen), Object.values(ran), node)).toEqual([]);
  });

  it('look for a container’s values where crun keeps them', () => {
    const scope = /^(\S+000001\.slice\/\S+?\.scope)\t(.*)$/gm;
    const ofCrun = seen.replace(scope, '$1/container\t$2\n$1\tmemory.oom.group\t0');
    expect(ofCrun).not.toBe(seen);
    expect(differences(parseCgroups(ofCrun), Object.values(ran), node)).toEqual([]);
  });

  it.each([
    [
      /(podx?00000000_0000_4000_8000_000000000001\.slice)\tmemory\.max\t67108864/,
      '$1\tmemory.max\tmax',
      /000001: memory\.max is max, not 67108864/,
    ],
    [/(00003\.slice)\thugetlb\.2MB\.max\t0/, '$1\thugetlb.2MB.max\tmax', /000003: hugetlb\.2MB\.max is max, not 0/],
    [/oom_score_adj sh\t1000/, 'oom_score_adj sh\t0', /000004 container: oom_score_adj is 0/],
    [/^\/kubepods\.slice\tcpu\.weight\t79/m, '/kubepods.slice\tcpu.weight\t100', /kubepods: cpu\.weight is 100, not 79/],
    [/^.*000000000004.*\n/gm, '', /000004: it has no cgroup/],
  ])('object to %s', (pattern, change, complaint) => {
    expect(differences(parseCgroups(seen.replace(pattern, change)), Object.values(ran), node)).toContainEqual(
      expect.stringMatching(complaint),
    );
  });
});
