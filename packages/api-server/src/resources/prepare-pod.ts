import type { AppArmorProfile, LabelSelector, LabelSelectorRequirement, Pod } from '@solo-kubelet/pod-spec';
import { createReport, type Draft, validateAppArmorProfile } from '@solo-kubelet/pod-spec/schema';

const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';

/** The field that says what the annotation of old says; undefined where none does. */
const profileOf = (annotation: string): AppArmorProfile | undefined => {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith(LOCALHOST) || annotation === LOCALHOST) return undefined;
  const profile: AppArmorProfile = { type: 'Localhost', localhostProfile: annotation.slice(LOCALHOST.length) };
  const report = createReport();
  validateAppArmorProfile(profile, '', report);
  return report.errors.length === 0 ? profile : undefined;
};

/** Writes into fields what only annotations say of AppArmor, and warns of these. */
const syncAppArmor = ({ metadata, spec }: Draft<Pod>, warn: (text: string) => void): void => {
  if (spec?.os?.name === 'windows') return;
  const own = spec?.securityContext?.appArmorProfile;
  const lists = [spec?.initContainers, spec?.containers, spec?.ephemeralContainers] as const;
  for (const container of lists.flatMap((list) => (list ?? []) as Draft<Pod>['spec']['containers'])) {
    const key = `${APP_ARMOR_PREFIX}${container.name ?? ''}`;
    const annotation = metadata.annotations?.[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile !== undefined) continue;
    const profile = profileOf(annotation);
    const isSame = profile?.type === own?.type && profile?.localhostProfile === own?.localhostProfile;
    if (profile !== undefined && isSame) continue;
    if (profile !== undefined) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    warn(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
};

interface LabelKeys {
  matchLabelKeys?: readonly string[];
  mismatchLabelKeys?: readonly string[];
  labelSelector?: LabelSelector;
}

/** A selector says for itself what the Pod's own labels make of its keys. */
const mergeLabelKeys = (term: LabelKeys, labels: Readonly<Record<string, string>>): void => {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (labelSelector === undefined) return;
  const expressions = (keys: readonly string[], operator: LabelSelectorRequirement['operator']) =>
    keys.flatMap((key) => (Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key]!] }] : []));
  const added = [...expressions(matchLabelKeys, 'In'), ...expressions(mismatchLabelKeys, 'NotIn')];
  if (added.length > 0) term.labelSelector = { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...added] };
};

/** What becomes of a new Pod before its rules are looked at (podStrategy.PrepareForCreate). */
export const preparePod = (pod: Draft<Pod>, warn: (text: string) => void): void => {
  const labels = pod.metadata.labels ?? {};
  const { affinity, topologySpreadConstraints = [] } = pod.spec ?? {};
  for (const each of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const weighted = (each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }) => podAffinityTerm ?? []);
    for (const term of [...weighted, ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? [])])
      mergeLabelKeys(term as LabelKeys, labels);
  }
  for (const constraint of topologySpreadConstraints) mergeLabelKeys(constraint as LabelKeys, labels);
  syncAppArmor(pod, warn);
};
