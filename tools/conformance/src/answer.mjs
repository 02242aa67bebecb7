// The answers of calc.mjs: one function of our packages for each kind of question.
import { WORKLOAD_OPERATIONS } from './answer-workloads.mjs';

const fitsInt64 = (value) => BigInt.asIntN(64, value) === value;

const parse = ({ input }, { readQuantity, formatQuantity, formatAmount, quantityValue, quantityMilliValue, quantitySign }) => {
  const amount = readQuantity(input);
  if (typeof amount === 'string') return { ok: false, error: amount };
  const value = quantityValue(amount);
  const milliValue = quantityMilliValue(amount);
  return {
    ok: true,
    canonical: formatAmount(amount),
    json: formatQuantity(formatAmount(amount)),
    format: amount.format,
    sign: quantitySign(amount),
    ...(fitsInt64(value) && { value: String(value) }),
    ...(fitsInt64(milliValue) && { milliValue: String(milliValue) }),
  };
};

const compare = ({ a, b }, { compareQuantities, addQuantities, subQuantities, formatAmount }) => ({
  cmp: compareQuantities(a, b),
  sum: formatAmount(addQuantities(a, b)),
  difference: formatAmount(subQuantities(a, b)),
});

const expand = ({ input, vars }, { expandVariables }) => ({
  output: expandVariables(input, (name) => (Object.hasOwn(vars, name) ? vars[name] : undefined)),
});

const envFiles = ({ content, key }, { parseEnvFile }) => {
  const result = parseEnvFile(content, key);
  return result.ok ? { ok: true, value: result.value } : { ok: false, value: '', error: result.error };
};

const shares = ({ milliCPU }, { milliCpuToShares, podCgroupWeight, containerCgroupWeight }) => {
  const value = milliCpuToShares(milliCPU);
  return { shares: value, podCgroupWeight: podCgroupWeight(value), containerCgroupWeight: containerCgroupWeight(value) };
};

const quota = ({ milliCPU, period }, { milliCpuToQuota }) => ({ quota: milliCpuToQuota(milliCPU, period) });

const weight = (question, { podCgroupWeight, containerCgroupWeight }) => ({
  podCgroupWeight: podCgroupWeight(question.shares),
  containerCgroupWeight: containerCgroupWeight(question.shares),
});

const pods = (question, { applyDefaults, podQosClass, podRequests, podLimits, oomScoreAdj, podCgroup }) => {
  const pod = applyDefaults(question.pod);
  const cgroup = podCgroup(pod, { cpuCFSQuota: question.cpuCFSQuota });
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return {
    qosClass: podQosClass(pod),
    podRequests: podRequests(pod),
    podLimits: podLimits(pod),
    oomScoreAdj: Object.fromEntries(containers.map((container) => [container.name, oomScoreAdj(pod, container, question.memoryCapacity)])),
    podCgroup: {
      cpuShares: cgroup.cpuShares,
      cpuWeight: cgroup.cpuWeight,
      cpuQuota: cgroup.cpuQuota ?? null,
      cpuPeriod: cgroup.cpuPeriod ?? null,
      memory: cgroup.memory ?? null,
      hugePageLimit: Object.fromEntries(cgroup.hugePageLimit),
    },
  };
};

const OPERATIONS = { parse, compare, expand, envFiles, shares, quota, weight, pods, ...WORKLOAD_OPERATIONS };

/** Answers one question `{ op, ... }`. A question that cannot be answered is answered with `error`. */
export const answer = (question, packages) => {
  const operation = Object.hasOwn(OPERATIONS, question.op) ? OPERATIONS[question.op] : undefined;
  if (operation === undefined) return { error: `unknown op ${JSON.stringify(question.op)}` };
  try {
    return operation(question, packages);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
};
