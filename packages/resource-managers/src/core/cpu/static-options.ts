/** `cpuManagerPolicyOptions` of the static policy; each is off by default. */
export interface StaticPolicyOptions {
  /** `full-pcpus-only`: only whole physical cores are given. */
  readonly fullPcpusOnly: boolean;
  /** `distribute-cpus-across-numa`: evenly over NUMA nodes when more than one is needed. */
  readonly distributeCpusAcrossNuma: boolean;
  /** `align-by-socket`: nodes of one socket count as near. */
  readonly alignBySocket: boolean;
  /** `distribute-cpus-across-cores`: threads of different cores rather than of one. */
  readonly distributeCpusAcrossCores: boolean;
  /** `strict-cpu-reservation`: the shared pool leaves out the reserved CPUs. */
  readonly strictCpuReservation: boolean;
  /** `prefer-align-cpus-by-uncorecache`: from as few last-level caches as possible. */
  readonly preferAlignCpusByUncoreCache: boolean;
}

const NAMES: Readonly<Record<string, keyof StaticPolicyOptions>> = {
  'full-pcpus-only': 'fullPcpusOnly',
  'distribute-cpus-across-numa': 'distributeCpusAcrossNuma',
  'align-by-socket': 'alignBySocket',
  'distribute-cpus-across-cores': 'distributeCpusAcrossCores',
  'strict-cpu-reservation': 'strictCpuReservation',
  'prefer-align-cpus-by-uncorecache': 'preferAlignCpusByUncoreCache',
};

/** Options that a feature gate of Kubernetes turns on: `CPUManagerPolicyAlphaOptions`, off by default, and `CPUManagerPolicyBetaOptions`, on. */
const GATED: Readonly<Record<string, 'Alpha' | 'Beta'>> = {
  'distribute-cpus-across-numa': 'Beta',
  'align-by-socket': 'Alpha',
  'distribute-cpus-across-cores': 'Alpha',
};

const CONFLICTS: readonly (readonly [string, string])[] = [
  ['full-pcpus-only', 'distribute-cpus-across-cores'],
  ['distribute-cpus-across-numa', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-numa'],
];

export const noOptions: StaticPolicyOptions = {
  fullPcpusOnly: false,
  distributeCpusAcrossNuma: false,
  alignBySocket: false,
  distributeCpusAcrossCores: false,
  strictCpuReservation: false,
  preferAlignCpusByUncoreCache: false,
};

/** The options, or why they can't be had: `isLevelOn` tells which gates are on. Default: all. Upstream: pkg/kubelet/cm/cpumanager/policy_options.go. */
export const parseStaticOptions = (
  given: Readonly<Record<string, string>>,
  isLevelOn: (level: 'Alpha' | 'Beta') => boolean = () => true,
): { readonly ok: true; readonly options: StaticPolicyOptions } | { readonly ok: false; readonly message: string } => {
  const options: { -readonly [Name in keyof StaticPolicyOptions]: boolean } = { ...noOptions };
  for (const [name, value] of Object.entries(given)) {
    const key = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (key === undefined) return refused(`unknown CPU Manager Policy option: "${name}"`);
    const level = GATED[name];
    if (level !== undefined && !isLevelOn(level))
      return refused(`CPU Manager Policy ${level}-level Options not enabled, but option "${name}" provided`);
    const on = parseGoBoolean(value);
    if (on === undefined)
      return refused(`bad value for option "${name}": strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    options[key] = on;
  }
  const conflict = CONFLICTS.find((names) => names.every((name) => options[NAMES[name] as keyof StaticPolicyOptions]));
  if (conflict !== undefined) return refused(`static policy options ${conflict[0]} and ${conflict[1]} can not be used at the same time`);
  return { ok: true, options };
};

const refused = (message: string) => ({ ok: false, message }) as const;

/** As Go's strconv.ParseBool. */
export const parseGoBoolean = (text: string): boolean | undefined =>
  /^(1|t|T|TRUE|true|True)$/.test(text) ? true : /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
