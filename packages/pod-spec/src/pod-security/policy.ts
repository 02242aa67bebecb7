import type { Report } from '../validation/report.js';

/** How much a Pod may do: anything, nothing that is known to lead out of it, or only what is best practice (Pod Security Standards). */
export type SecurityLevel = 'privileged' | 'baseline' | 'restricted';

/** A level as a minor release of Kubernetes understood it. */
export interface LevelAt {
  readonly level: SecurityLevel;
  /** The minor version; undefined: the latest. */
  readonly minor?: number;
}

/** What the labels of a namespace ask for: what is refused, what is told to an auditor, what the client is warned of. */
export interface SecurityPolicy {
  readonly enforce: LevelAt;
  readonly audit: LevelAt;
  readonly warn: LevelAt;
}

const LEVELS: readonly string[] = ['privileged', 'baseline', 'restricted'] satisfies readonly SecurityLevel[];
const PREFIX = 'pod-security.kubernetes.io/';
const VERSION = /^v1\.(\d|[1-9]\d*)$/;

/** A level and the release that understood it, as labels have them: `baseline`, `latest` or `v1.36`. Undefined: there is no such level or version. */
export const parseLevel = (level: string, version = 'latest'): LevelAt | undefined => {
  if (!LEVELS.includes(level)) return undefined;
  if (version === 'latest') return { level: level as SecurityLevel };
  const minor = Number(VERSION.exec(version)?.[1] ?? Number.NaN);
  return Number.isSafeInteger(minor) ? { level: level as SecurityLevel, minor } : undefined;
};

/** As it is written in messages: `baseline:latest`. */
export const levelText = ({ level, minor }: LevelAt): string => `${level}:${minor === undefined ? 'latest' : `v1.${minor}`}`;

export const isSameLevel = (a: LevelAt, b: LevelAt): boolean => a.level === b.level && a.minor === b.minor;

/** Above zero where `a` asks for more than `b`. */
export const compareLevels = (a: SecurityLevel, b: SecurityLevel): number => LEVELS.indexOf(a) - LEVELS.indexOf(b);

/**
 * Reads the labels of a namespace; what they say wrong is reported. A level that cannot be read is refused as `restricted` would be, but neither
 * audited nor warned of; a version that cannot be read is the latest. Whoever enforces a level without a word about warnings is warned by it too.
 */
export const readPolicy = (labels: Readonly<Record<string, string>>, report: Report): SecurityPolicy => {
  const read = (mode: string, instead: SecurityLevel) => {
    const [levelLabel, versionLabel] = [`${PREFIX}${mode}`, `${PREFIX}${mode}-version`];
    const [given, version] = [labels[levelLabel], labels[versionLabel]];
    const isLevel = given !== undefined && LEVELS.includes(given);
    if (given !== undefined && !isLevel) report.invalid(`metadata.labels[${levelLabel}]`, given, `must be one of ${LEVELS.join(', ')}`);
    const minor = version === undefined ? undefined : VERSION.exec(version)?.[1];
    if (version !== undefined && version !== 'latest' && !Number.isSafeInteger(Number(minor))) {
      report.invalid(`metadata.labels[${versionLabel}]`, version, 'must be "latest" or "v1.x"');
    }
    const level = isLevel ? (given as SecurityLevel) : given === undefined ? 'privileged' : instead;
    const at: LevelAt = minor !== undefined && Number.isSafeInteger(Number(minor)) ? { level, minor: Number(minor) } : { level };
    return { at, isLevel, hasLevel: given !== undefined, hasVersion: version !== undefined };
  };
  const enforce = read('enforce', 'restricted');
  const audit = read('audit', 'privileged');
  const warn = read('warn', 'privileged');
  const isImplied = !warn.hasLevel && enforce.isLevel && compareLevels(enforce.at.level, warn.at.level) > 0;
  const { minor } = warn.hasVersion ? warn.at : enforce.at;
  return {
    enforce: enforce.at,
    audit: audit.at,
    warn: isImplied ? { level: enforce.at.level, ...(minor !== undefined && { minor }) } : warn.at,
  };
};
