// Answers to questions about what controllers compute, one function for each kind of question.

const FAR_MS = 9_223_372_036_854;
const clampMs = (ms) => Math.max(-FAR_MS, Math.min(FAR_MS, ms));
const timeText = (ms) => (ms === undefined ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'));

const answerOf = (result, fields) => (result.ok ? { ok: true, ...fields(result.value) } : { ok: false, error: result.error });

const NEXT_TIMES = 5;

const cronNext = ({ schedule, timeZone, start }, { parseSchedule, nextTime }) =>
  answerOf(parseSchedule(schedule, timeZone), (parsed) => {
    const next = [];
    for (let time = nextTime(parsed, Date.parse(start)); time !== undefined && next.length < NEXT_TIMES; time = nextTime(parsed, time)) {
      next.push(timeText(time));
    }
    return { next };
  });

const cronMissed = (question, { parseSchedule, missedStarts, nextStartWakeMs, cronJobRunName }) => {
  const parsed = parseSchedule(question.schedule, question.timeZone);
  if (!parsed.ok) return { ok: false, error: parsed.error };
  const facts = {
    schedule: parsed.value,
    createdMs: Date.parse(question.created),
    lastScheduleMs: question.lastScheduleTime ? Date.parse(question.lastScheduleTime) : undefined,
    startingDeadlineSeconds: question.startingDeadlineSeconds ?? undefined,
    nowMs: Date.parse(question.now),
  };
  const { earliestMs, missed, mostRecentMs, error } = missedStarts(facts);
  const wakeMs = nextStartWakeMs(facts);
  return {
    ok: error === undefined,
    ...(error !== undefined && { error }),
    earliest: timeText(earliestMs),
    missed,
    mostRecent: timeText(mostRecentMs),
    jobName: mostRecentMs === undefined ? null : cronJobRunName('backup', mostRecentMs),
    requeueAfterMs: wakeMs === undefined ? -FAR_MS : clampMs(wakeMs - facts.nowMs),
  };
};

const fenceposts = ({ replicas, maxSurge, maxUnavailable }, { resolveFenceposts, usedFenceposts, minAvailable }) =>
  answerOf(resolveFenceposts(maxSurge, maxUnavailable, replicas), (resolved) => {
    const strategy = { type: 'RollingUpdate', maxSurge, maxUnavailable };
    const used = usedFenceposts(strategy, replicas);
    return { ...resolved, usedSurge: used.surge, usedUnavailable: used.unavailable, minAvailable: minAvailable(strategy, replicas) };
  });

const sizeOf = (set) => ({ ...set, createdMs: Date.parse(set.created), desired: set.desired ?? undefined, max: set.max ?? undefined });
const strategyOf = ({ strategy, maxSurge, maxUnavailable }) => ({ type: strategy, maxSurge, maxUnavailable });

const newReplicaSetSize = (question, packages) =>
  answerOf(packages.newReplicaSetSize(strategyOf(question), question.replicas, question.new, question.old), (size) => ({ size }));

const rollingStep = (question, packages) =>
  answerOf(packages.rollingStep({ ...question, newSet: sizeOf(question.new), oldSets: question.old.map(sizeOf) }), ({ step, sizes }) => ({
    step,
    sizes: Object.fromEntries(sizes),
  }));

const scale = (question, { scaledSizes }) => ({
  ok: true,
  sizes: Object.fromEntries(
    scaledSizes({
      replicas: question.replicas,
      strategy: strategyOf(question),
      newSet: question.new ? sizeOf(question.new) : undefined,
      oldSets: question.old.map(sizeOf),
      statusReplicas: 0,
    }),
  ),
});

const daemonCounts = ({ maxSurge, maxUnavailable, numberToSchedule }, { daemonUpdateCounts }) =>
  answerOf(daemonUpdateCounts(maxSurge, maxUnavailable, numberToSchedule), (counts) => counts);

const statefulMaxUnavailable = ({ maxUnavailable, replicas }, packages) =>
  answerOf(packages.statefulMaxUnavailable(maxUnavailable, replicas), (count) => ({ count }));

const intstrScaled = ({ value, total, roundUp }, { scaledValue }) => answerOf(scaledValue(value, total, roundUp), (result) => ({ result }));

const names = (pods) => pods.map(({ metadata }) => metadata.name);
const podDeletionOrder = ({ pods, now }, packages) => ({ order: names(packages.podDeletionOrder(pods, Date.parse(now))) });
const jobPodsOrder = ({ pods }, { jobPodDeletionOrder }) => ({ order: names(jobPodDeletionOrder(pods)) });

const jobFailurePolicy = ({ failurePolicy, pod }, { matchFailurePolicy }) => {
  const { action, counted, message } = matchFailurePolicy(failurePolicy, pod);
  return { action: action ?? null, counted, message: message ?? null };
};

const jobSuccessPolicy = ({ successPolicy, completions, succeeded }, { matchSuccessPolicy, parseIndexes }) => {
  const message = matchSuccessPolicy(successPolicy, completions, parseIndexes(succeeded, completions));
  return { matched: message !== undefined, message: message ?? '' };
};

const jobIndexes = ({ text, completions }, { parseIndexes, formatIndexes, countIndexes }) => {
  const intervals = parseIndexes(text, completions);
  return { intervals, formatted: formatIndexes(intervals), total: countIndexes(intervals) };
};

const jobPendingIndexes = ({ completions, succeeded, failed, active, count }, packages) => {
  const { parseIndexes, mergeIndexes, withIndexes, pendingIndexes } = packages;
  const busy = withIndexes(parseIndexes(succeeded, completions), active);
  const taken = failed === null || failed === undefined ? busy : mergeIndexes(busy, parseIndexes(failed, completions));
  return { indexes: pendingIndexes(taken, completions, count) };
};

const jobIndexStatus = ({ job, pods }, { succeededIndexes, failedIndexes, formatIndexes }) => {
  const failed = failedIndexes(job, pods);
  return {
    completedIndexes: formatIndexes(succeededIndexes(job, pods)),
    failedIndexes: failed === undefined ? null : formatIndexes(failed),
  };
};

const jobBackoff = ({ failures, sinceMs }, { remainingBackoffMs }) => ({ remainingMs: remainingBackoffMs(failures, sinceMs) });
const jobPastBackoffLimit = ({ job, pods }, { isPastRestartLimit }) => ({ past: isPastRestartLimit(job.spec, pods) });

/** As Go prints a container: with `resources` even if there are none. */
const withResources = (containers) => containers?.map((container) => ({ resources: {}, ...container }));

const statefulPod = ({ set, ordinal }, packages) => {
  const { metadata, spec } = packages.statefulPod(set, ordinal);
  return {
    pod: {
      metadata,
      spec: {
        ...spec,
        ...(spec.initContainers && { initContainers: withResources(spec.initContainers) }),
        containers: withResources(spec.containers),
        ...(spec.volumes && { volumes: spec.volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }),
      },
    },
    claims: Object.fromEntries(
      [...packages.statefulClaims(set, ordinal)].map(
        ([
          template,
          {
            metadata: { name, namespace, labels },
          },
        ]) => [template, { name, namespace, labels }],
      ),
    ),
  };
};

const statefulOrdinal = ({ podName }, { parentAndOrdinal }) => parentAndOrdinal(podName);
const statefulRange = ({ set }, { ordinalRange }) => ordinalRange(set);

const matchAll = (sets, matches) => (sets ?? []).map(matches);

const labelSelector = ({ selector, sets }, { parseLabelSelector, formatRequirements, matchesLabels, toLabelSelector }) => {
  const result = parseLabelSelector(selector);
  if (!result.ok) return result;
  return {
    ok: true,
    formatted: formatRequirements(result.requirements),
    matches: matchAll(sets, (labels) => matchesLabels(result.requirements, labels)),
    labelSelector: toLabelSelector(result.requirements) ?? null,
  };
};

const labelSelectorObject = (question, { labelSelectorRequirements, formatRequirements, matchesLabels, formatLabelSelector }) => {
  const result = labelSelectorRequirements(question.labelSelector);
  const text = formatLabelSelector(question.labelSelector);
  if (!result.ok) return { ...result, text };
  return {
    ok: true,
    formatted: formatRequirements(result.requirements),
    matches: matchAll(question.sets, (labels) => matchesLabels(result.requirements, labels)),
    text,
  };
};

const fieldSelector = ({ selector, sets }, { parseFieldSelector, formatFieldSelector, matchesFields }) => {
  const result = parseFieldSelector(selector);
  if (!result.ok) return result;
  return {
    ok: true,
    formatted: formatFieldSelector(result.terms),
    matches: matchAll(sets, (fields) => matchesFields(result.terms, fields)),
  };
};

const filesOf = (result) =>
  result.ok
    ? {
        ok: true,
        files: Object.fromEntries(
          [...result.files].map(([path, { data, mode }]) => [path, { data: Buffer.from(data).toString('base64'), mode }]),
        ),
      }
    : result;
const configMapFiles = ({ configMap, ...options }, packages) => filesOf(packages.configMapFiles(configMap, options));
const secretFiles = ({ secret, ...options }, packages) => filesOf(packages.secretFiles(secret, options));

export const WORKLOAD_OPERATIONS = {
  cronNext,
  cronMissed,
  fenceposts,
  newReplicaSetSize,
  rollingStep,
  scale,
  daemonCounts,
  statefulMaxUnavailable,
  intstrScaled,
  podDeletionOrder,
  jobPodsOrder,
  jobFailurePolicy,
  jobSuccessPolicy,
  jobIndexes,
  jobPendingIndexes,
  jobIndexStatus,
  jobBackoff,
  jobPastBackoffLimit,
  statefulPod,
  statefulOrdinal,
  statefulRange,
  labelSelector,
  labelSelectorObject,
  fieldSelector,
  configMapFiles,
  secretFiles,
};
