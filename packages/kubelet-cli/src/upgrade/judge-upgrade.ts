import { type ReleaseChanges, refusedByRelease } from '@solo-kubelet/kubelet/config';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { fieldGates, type PodSpecIssue, parsePod } from '@solo-kubelet/pod-spec';
import type { Finding } from '@solo-kubelet/standalone-node/doctor';

export interface UpgradeFacts {
  /** Such as `1.37`. */
  readonly release: string;
  readonly changes: ReleaseChanges;
  /** Undefined where no configuration is known. */
  readonly settings: { readonly featureGates: Readonly<Record<string, boolean>>; readonly memoryThrottlingFactor: unknown } | undefined;
  /** Names of the flags of the kubelet; undefined where they are not known. */
  readonly flags: readonly string[] | undefined;
  readonly manifests: readonly { readonly path: string; readonly text: Uint8Array }[];
  /** Calls of CRI that the runtime lacks; undefined where none answered. */
  readonly missingCalls: readonly string[] | undefined;
}

/** What the kubelet of a later release of Kubernetes makes of what is on this machine. Pure. */
export const judgeUpgrade = (facts: UpgradeFacts): readonly Finding[] => [
  ...settingsFindings(facts),
  ...facts.manifests.flatMap((manifest) => manifestFindings(manifest, facts)),
  ...runtimeFindings(facts),
];

const settingsFindings = ({ release, changes, settings, flags }: UpgradeFacts): readonly Finding[] => {
  if (settings === undefined && flags === undefined) {
    const detail = 'no kubelet answers, and none of its flags were given: configuration and flags were not looked at';
    return [{ name: 'configuration', status: 'warning', detail, remedy: `kubelet-cli doctor --for ${release} -- --config FILE …` }];
  }
  const featureGates = settings?.featureGates ?? {};
  const refused = refusedByRelease(release, { featureGates, flags: flags ?? [] }).map(
    (detail): Finding => ({ name: 'configuration', status: 'failed', detail, remedy: 'take it out before the upgrade' }),
  );
  const other = Object.entries(changes.defaults).filter(([name]) => featureGates[name] === undefined);
  const fields = Object.entries(changes.fieldDefaults)
    .filter(
      ([name]) =>
        name !== 'memoryThrottlingFactor' || (featureGates['MemoryQoS'] === true && settings?.memoryThrottlingFactor === undefined),
    )
    .map(([name, what]): Finding => ({ name: 'configuration', status: 'warning', detail: `${name} ${what}`, remedy: 'give it a value' }));
  const gates = other.map(([name, value]) => `${name}=${value}`).join(', ');
  return [
    ...refused,
    ...fields,
    ...(refused.length > 0
      ? []
      : [{ name: 'configuration', status: 'ok' as const, detail: `nothing that the kubelet of ${release} refuses` }]),
    ...(gates === '' ? [] : [{ name: 'feature gates', status: 'ok' as const, detail: `other defaults in ${release}: ${gates}` }]),
  ];
};

const manifestFindings = ({ path, text }: UpgradeFacts['manifests'][number], { release, settings }: UpgradeFacts): readonly Finding[] => {
  const name = `manifest ${path}`;
  const options = { path, nodeName: 'node', source: 'file' } as const;
  const { documents } = parseMixedManifest(text, { ...options, featureGates: settings?.featureGates ?? {} });
  const found: Finding[] = [];
  const now = parsePod(text, options);
  if (documents.some((document) => document.type !== 'pod')) {
    found.push({
      name,
      status: 'failed',
      detail: `the kubelet of ${release} reads Pods alone: the other objects are this kubelet's own way`,
    });
  } else if (documents.length > 1) {
    found.push({ name, status: 'warning', detail: `the kubelet of ${release} reads the first document alone, of ${documents.length}` });
  } else if (!now.ok && documents.every(({ result }) => result.ok)) {
    found.push({ name, status: 'failed', detail: `the kubelet of ${release} refuses it: ${reasonOf(now)}` });
  }
  const gatesOfRelease = Object.entries(fieldGates).filter(([, gate]) => isSince(gate.since, release));
  const allOn = Object.fromEntries(gatesOfRelease.map(([gate]) => [gate, true]));
  const then = parseMixedManifest(text, { ...options, featureGates: allOn });
  // Its decoder knows the fields whether or not their gates are on, and refuses values of a wrong type.
  const undecoded = then.documents.flatMap(({ result }) => issuesOf(result)).filter(({ code }) => code.startsWith('DECODE_'));
  for (const issue of undecoded)
    found.push({ name, status: 'failed', detail: `${placeOf(issue)}: the decoder of ${release} refuses it: ${issue.message}` });
  for (const issue of documents.flatMap(({ result }) => issuesOf(result))) {
    if (issue.code !== 'UNKNOWN_FIELD' || !issue.hint.includes(`Kubernetes ${release}`)) continue;
    found.push({ name, status: 'warning', detail: `${placeOf(issue)}: ${issue.field} is ignored today; ${issue.hint}` });
  }
  return found.length > 0 ? found : [{ name, status: 'ok', detail: `the same in ${release}` }];
};

type Result = ReturnType<typeof parseMixedManifest>['documents'][number]['result'];

const issuesOf = (result: Result): readonly PodSpecIssue[] => {
  if (!result.ok) return result.issues;
  return 'notes' in result ? [...result.notes, ...result.warnings] : result.warnings;
};

const reasonOf = (result: ReturnType<typeof parsePod> & { readonly ok: false }): string =>
  result.message || (result.issues[0]?.message ?? 'it is no Pod');

const placeOf = ({ line, column }: PodSpecIssue): string => `line ${line}, column ${column}`;

const minorOf = (release: string): number => Number(release.split('.')[1]);
const isSince = (since: string, release: string): boolean => minorOf(since) <= minorOf(release);

/** Calls of CRI whose lack a later kubelet works around, or does without. */
const runtimeFindings = ({ release, missingCalls }: UpgradeFacts): readonly Finding[] => {
  if (missingCalls === undefined)
    return [{ name: 'runtime', status: 'warning', detail: 'no container runtime answers: it was not looked at' }];
  const without = missingCalls.includes('RuntimeConfig')
    ? [
        {
          name: 'runtime',
          status: 'warning' as const,
          detail: `it does not tell its cgroup driver (RuntimeConfig): the kubelet of ${release} still falls back to cgroupDriver, that of 1.38 will not`,
          remedy: 'upgrade the container runtime',
        },
      ]
    : [];
  const detail = missingCalls.length === 0 ? 'it has every call of CRI' : `it has no ${missingCalls.join(', ')}`;
  return [...without, { name: 'runtime', status: 'ok', detail }];
};
