import { describe, expect, it } from 'vitest';
import { formatCpuCheckpoint, parseCpuCheckpoint } from './cpu-checkpoint.js';

/** Files of real kubelets and of upstream's tests. */
const files = [
  '{"policyName":"static","defaultCpuSet":"0-1,6-11","entries":{"4aec46af-22b7-4e26-babb-d15383ac9151":{"mysqld":"2-3"},"60008d73-6f6f-4467-96c5-cd0a1eeadf23":{"mysqld2":"4-5"}},"checksum":2764424633}',
  '{"policyName":"static","defaultCpuSet":"2-15,17-31,34-47,49-63","checksum":4141502832}',
  '{"policyName":"none","defaultCpuSet":"1-3","entries":{"pod":{"container1":"4-6","container2":"1-3"}},"checksum":3610638499}',
  '{"policyName":"none","defaultCpuSet":"4-6","checksum":354655845}',
];

describe('cpu_manager_state', () => {
  it.each(files)('is read and written as upstream does: %s', (file) => {
    const read = parseCpuCheckpoint(file);
    expect(read.ok && formatCpuCheckpoint(read.policyName, read.state)).toBe(file);
  });

  it.each([
    ['{', 'it is no JSON'],
    ['{"policyName":"none"}', 'it is not of the form that a kubelet writes'],
    ['{"policyName":"none","defaultCpuSet":"4-6","checksum":1}', 'checkpoint is corrupted'],
    ['{"policyName":"none","defaultCpuSet":"1.3"}', 'could not parse default cpu set "1.3"'],
    ['{"policyName":"none","defaultCpuSet":"1","entries":{"p":{"c":"x"}}}', 'could not parse cpuset "x" for container "c" in pod "p"'],
    ['{"policyName":"none","defaultCpuSet":"1","entries":{"p":"1"}}', 'it is not of the form that a kubelet writes'],
  ])('is refused when it is %s', (file, message) => {
    expect(parseCpuCheckpoint(file)).toEqual({ ok: false, message });
  });
});
