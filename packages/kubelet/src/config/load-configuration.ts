import { resolve } from 'node:path';
import { KubeletError } from '../process/kubelet-error.js';
import { mergeDropIns, readMainFile } from './configuration-files.js';
import { decodeConfiguration, encodeConfiguration } from './decode-configuration.js';
import { DEFAULT_EVICTION_HARD, type FieldPath, type KubeletConfiguration, LEGACY_DEFAULTS } from './fields.js';
import { type FlagSpec, flagTable } from './flag-table.js';
import { flagValue } from './flag-values.js';
import { type JsonObject, mergePatch, valueAt, withValueAt } from './json-paths.js';
import { type KubeletFlags, kubeletFlags, lastOf } from './kubelet-flags.js';
import { type ParsedFlags, parseFlags } from './parse-flags.js';
import { refusedByRelease, releaseChanges } from './release-changes.js';
import { standaloneEffects } from './standalone-effects.js';
import { validateConfiguration } from './validate-configuration.js';

export interface LoadedConfiguration {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  /** What the user should know: dead flags, unknown fields, values that mean less here. One line each. */
  readonly warnings: readonly string[];
  /** Fields that were set and have nothing to act on without an API server. */
  readonly withoutEffect: readonly FieldPath[];
  /** Signals of `evictionHard` that only the defaults name. */
  readonly impliedEvictionSignals: ReadonlySet<string>;
}

/**
 * Reads flags, --config and --config-dir with upstream's precedence: the file replaces the defaults, drop-ins merge over it, flags win.
 * @throws KubeletError KUBELET_USAGE for bad flags; KUBELET_CONFIG_INVALID for a file that cannot be used or values that cannot be honoured
 */
export const loadConfiguration = async (argv: readonly string[]): Promise<LoadedConfiguration> => {
  const parsed = parseFlags(argv);
  const [configPath, configDirectory] = [lastOf(parsed, 'config'), lastOf(parsed, 'config-dir')];
  const warnings = [...parsed.warnings];
  const effective = async (evictionDefaults: Statements, notes: string[]) => {
    const base = configPath === undefined ? legacyBase() : await readMainFile(resolve(configPath), evictionDefaults, notes);
    const merged = configDirectory === undefined ? base : await mergeDropIns(base, configDirectory);
    return decodeConfiguration(withFlags(merged, parsed));
  };
  const { config, errors } = await effective(DEFAULT_EVICTION_HARD, warnings);
  const { evictionHard: stated } = (await effective({}, [])).config;
  const effects = standaloneEffects(config, { connected: lastOf(parsed, 'kubeconfig') !== undefined });
  const problems = [...errors, ...validateConfiguration(config), ...effects.refused];
  if (problems.length > 0) {
    throw new KubeletError({
      code: 'KUBELET_CONFIG_INVALID',
      message: problems.join('\n'),
      hint: hintFor(problems),
    });
  }
  return {
    config,
    flags: kubeletFlags(parsed),
    warnings: [
      ...warnings,
      ...effects.warnings,
      ...Object.keys(releaseChanges).flatMap((release) =>
        refusedByRelease(release, { featureGates: config.featureGates, flags: [...parsed.values.keys()] }),
      ),
    ],
    withoutEffect: effects.withoutEffect.filter((path) => !parsed.values.has('kubeconfig') || !LIVE_IN_A_CLUSTER.has(path)),
    impliedEvictionSignals: new Set(Object.keys(config.evictionHard).filter((signal) => !Object.hasOwn(stated, signal))),
  };
};

/** Fields that have something to act on once there is an API server. */
const LIVE_IN_A_CLUSTER: ReadonlySet<FieldPath> = new Set([
  'authentication.webhook.cacheTTL',
  'authorization.webhook.cacheAuthorizedTTL',
  'authorization.webhook.cacheUnauthorizedTTL',
  'kubeAPIQPS',
  'kubeAPIBurst',
  'eventRecordQPS',
  'eventBurst',
  'nodeStatusUpdateFrequency',
  'nodeStatusReportFrequency',
  'nodeLeaseDurationSeconds',
  'enableControllerAttachDetach',
  'providerID',
  'registerNode',
  'registerWithTaints',
  'rotateCertificates',
]);

type Statements = Readonly<Record<string, string>>;

const hintFor = (problems: readonly string[]): string =>
  problems.some((problem) => problem.includes('webhook auth'))
    ? 'Without an API server a configuration file must say authentication.webhook.enabled: false and authorization.mode: AlwaysAllow.'
    : 'docs/kubelet-configuration.md lists every field and what it does here.';

const legacyBase = (): JsonObject => encodeConfiguration(decodeConfiguration({}, LEGACY_DEFAULTS).config);

const withFlags = (json: JsonObject, parsed: ParsedFlags): JsonObject =>
  [...parsed.values].reduce((document, [name, texts]) => {
    const spec = flagTable[name] as FlagSpec;
    if (spec.type !== 'field') return document;
    const value = flagValue(name, spec.kind, texts);
    const merged = spec.kind === 'gates' ? mergePatch(valueAt(document, spec.field) ?? {}, value) : value;
    return withValueAt(document, spec.field, merged);
  }, json);
