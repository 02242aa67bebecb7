// What an answer has in common with the expected one.

/** Equal but for the order of keys; null counts as absent. */
export const isSame = (a, b) => {
  if (a === undefined || a === null || b === undefined || b === null) return (a ?? undefined) === (b ?? undefined);
  if (typeof a !== 'object' || typeof b !== 'object') return a === b || ([a, b].every(isWhole) && BigInt(a) === BigInt(b));
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return (!Array.isArray(a) || a.length === b.length) && [...keys].every((key) => isSame(a[key], b[key]));
};

const isWhole = (value) => typeof value === 'bigint' || Number.isInteger(value);

const sameList = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);
const sorted = (errors, key) => errors.map(key).sort();

const placeOf = ({ type, field }) => `${type}\n${field}`;
/** Of an opaque value only the words around it count. */
const wordsOf = (opaque) => (error) => (opaque.has(placeOf(error)) ? `${placeOf(error)}\n${error.detail}` : error.message);

const HASH = 'kubernetes.io/config.hash';

/** The pod without a uid and its hash that the manifest did not give; each implementation hashes as it likes. */
const withoutHash = (pod, expected) => {
  if (pod === undefined || expected?.metadata?.uid !== undefined) return pod;
  const { uid: _uid, annotations = {}, ...metadata } = pod.metadata;
  const { [HASH]: _hash, ...rest } = annotations;
  return { ...pod, metadata: { ...metadata, ...(Object.keys(rest).length > 0 && { annotations: rest }) } };
};

/** Which of the figures hold for one record; undefined where a figure does not apply to it. */
export const comparePodRecord = (expected, actual) => {
  const opaque = new Set((expected.errors ?? []).filter((error) => error.opaque).map(placeOf));
  const isRejected = (expected.errors ?? []).length > 0;
  const words = wordsOf(opaque);
  const pods = (record) => record.pods ?? (record.pod === undefined ? [] : [record.pod]);
  return {
    verdict:
      expected.ok === actual.ok &&
      (expected.apiRef ?? '') === actual.apiRef &&
      (expected.decoded !== false || (actual.errors.length === 0 && actual.message !== '')),
    places: isRejected ? sameList(sorted(expected.errors, placeOf), sorted(actual.errors, placeOf)) : undefined,
    messages: isRejected ? sameList(sorted(expected.errors, words), sorted(actual.errors, words)) : undefined,
    pod: expected.ok
      ? isSame(
          pods(expected),
          pods(actual).map((pod, i) => withoutHash(pod, pods(expected)[i])),
        )
      : undefined,
  };
};

/** Without nulls, and without metadata inside an object that says nothing. */
const normalised = (value, isTop = true) => {
  if (Array.isArray(value)) return value.map((item) => normalised(item, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== null)
    .map(([key, item]) => [key, normalised(item, false)]);
  return Object.fromEntries(entries.filter(([key, item]) => isTop || key !== 'metadata' || Object.keys(item).length > 0));
};

/** The same for an object other than a Pod, or a change of one. */
export const compareObjectRecord = (expected, actual) => {
  const opaque = new Set(expected.errors.filter((error) => error.opaque).map(placeOf));
  const words = wordsOf(opaque);
  const isRejected = expected.errors.length > 0;
  const needsMessage = expected.decoded === false || (!expected.ok && !isRejected);
  return {
    verdict: expected.ok === actual.ok && (!needsMessage || (actual.errors.length === 0 && actual.message !== '')),
    places: isRejected ? sameList(sorted(expected.errors, placeOf), sorted(actual.errors, placeOf)) : undefined,
    messages: isRejected ? sameList(sorted(expected.errors, words), sorted(actual.errors, words)) : undefined,
    object: expected.ok ? isSame(normalised(expected.object), normalised(actual.object ?? {})) : undefined,
    warnings: expected.ok ? sameList([...expected.warnings].sort(), [...(actual.warnings ?? [])].sort()) : undefined,
    generation: expected.ok ? expected.generation === actual.generation : undefined,
  };
};

/** What is asked for by each kind of question; the rest of a record is the question. */
const RESULTS = {
  parse: ['ok', 'canonical', 'json', 'format', 'value', 'milliValue', 'sign'],
  compare: ['cmp', 'sum', 'difference'],
  expand: ['output'],
  envFiles: ['ok', 'value'],
  shares: ['shares', 'podCgroupWeight', 'containerCgroupWeight'],
  quota: ['quota'],
  weight: ['podCgroupWeight', 'containerCgroupWeight'],
  pods: ['qosClass', 'podRequests', 'podLimits', 'oomScoreAdj', 'podCgroup'],
  cronNext: ['ok', 'next'],
  cronMissed: ['ok', 'earliest', 'missed', 'mostRecent', 'jobName', 'requeueAfterMs'],
  fenceposts: ['ok', 'surge', 'unavailable', 'usedSurge', 'usedUnavailable', 'minAvailable'],
  newReplicaSetSize: ['ok', 'size'],
  rollingStep: ['ok', 'step', 'sizes'],
  scale: ['ok', 'sizes'],
  daemonCounts: ['ok', 'surge', 'unavailable', 'allowsSurge'],
  statefulMaxUnavailable: ['ok', 'count'],
  intstrScaled: ['ok', 'result'],
  podDeletionOrder: ['order'],
  jobPodsOrder: ['order'],
  jobFailurePolicy: ['action', 'counted', 'message'],
  jobSuccessPolicy: ['matched', 'message'],
  jobIndexes: ['intervals', 'formatted', 'total'],
  jobPendingIndexes: ['indexes'],
  jobIndexStatus: ['completedIndexes', 'failedIndexes'],
  jobBackoff: ['remainingMs'],
  jobPastBackoffLimit: ['past'],
  statefulPod: ['pod', 'claims'],
  statefulOrdinal: ['parent', 'ordinal'],
  statefulRange: ['first', 'last'],
  labelSelector: ['ok', 'formatted', 'matches', 'labelSelector'],
  labelSelectorObject: ['ok', 'formatted', 'matches', 'text'],
  fieldSelector: ['ok', 'formatted', 'matches'],
  configMapFiles: ['ok', 'files'],
  secretFiles: ['ok', 'files'],
};

/** Whether an answer has what the record expects. */
export const isAnswered = (op, expected, actual) => RESULTS[op].every((name) => isSame(expected[name], actual[name]));
