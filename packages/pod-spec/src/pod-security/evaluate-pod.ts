import type { Container, ObjectMeta, PodSpec } from '../gen/pod-types.js';
import { BASELINE_CHECKS } from './baseline-checks.js';
import type { LevelAt, SecurityLevel } from './policy.js';
import { RESTRICTED_CHECKS } from './restricted-checks.js';
import type { CheckedPod, SecurityCheck, Violation } from './security-check.js';

const at = ({ versions }: SecurityCheck, minor: number) => versions.findLast(({ since }) => since <= minor)?.check;

export interface EvaluateOptions {
  /** The rules that count, by `id` (`privileged`, `hostPathVolumes`, …). Default: every one of the level. */
  readonly checks?: readonly string[];
}

/** The ids of the rules of a level as the latest release has it. */
export const securityCheckIds = (level: SecurityLevel): readonly string[] => rulesOf({ level }).map(({ id }) => id);

/** The rules of a level in one release, in the order in which they are told of. */
const rulesOf = ({ level, minor = Number.POSITIVE_INFINITY }: LevelAt) => {
  if (level === 'privileged') return [];
  const more = level === 'restricted' ? RESTRICTED_CHECKS.filter((each) => at(each, minor) !== undefined) : [];
  const replaced = new Set(more.flatMap(({ replaces = [] }) => replaces));
  return [...BASELINE_CHECKS.filter(({ id }) => !replaced.has(id)), ...more].flatMap((each) => {
    const check = at(each, minor);
    return check === undefined ? [] : [{ id: each.id, check }];
  });
};

/** What a Pod, or the template of one, does that a level forbids. */
export const evaluatePod = (
  wanted: LevelAt,
  { metadata, spec }: { readonly metadata?: Pick<ObjectMeta, 'annotations'>; readonly spec: PodSpec },
  { checks }: EvaluateOptions = {},
): readonly Violation[] => {
  const debugging = (spec.ephemeralContainers ?? []) as readonly Container[];
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...debugging];
  const pod: CheckedPod = { metadata: metadata ?? {}, spec, containers };
  const rules = rulesOf(wanted).filter(({ id }) => checks === undefined || checks.includes(id));
  return rules.flatMap(({ check }) => check(pod) ?? []);
};

/** All of them in one text. */
export const violationText = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
