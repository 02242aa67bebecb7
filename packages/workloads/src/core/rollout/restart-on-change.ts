import type { ConfigMap } from '@solo-kubelet/object-spec';
import type { PodTemplate } from '../stateful-set/identity.js';
import { type ConfigKind, type ConfigReference, configName, templateConfig } from './template-config.js';

/** `"true"` for all that the Pods refer to, or a list: `configmap/a,secret/b`. */
export const RESTART_ON_CHANGE = 'restart-on-change.solo-kubelet.dev';
/** Annotations of stakater/Reloader that ask for the same. */
const RELOADER = 'reloader.stakater.com';
/** In a template: the number of the version of what its Pods refer to. */
export const CONFIG_VERSION = 'solo-kubelet.dev/config-version';

type Annotations = Readonly<Record<string, string>> | undefined;

/** What a workload is to be rolled for when it changes, by its annotations; none for most. */
export const restartsFor = (annotations: Annotations, template: PodTemplate): readonly ConfigReference[] => {
  const has = (name: string): boolean => annotations?.[name] === 'true';
  const all = (kind: ConfigKind): boolean =>
    has(RESTART_ON_CHANGE) || has(`${RELOADER}/auto`) || has(`${kind.toLowerCase()}.${RELOADER}/auto`);
  const referenced = restartsOnChange(annotations) ? templateConfig(template).filter(({ kind }) => all(kind)) : [];
  const listed = (annotations?.[RESTART_ON_CHANGE] ?? '').split(',').flatMap((item): ConfigReference[] => {
    const [, kind, name] = /^\s*(configmap|secret)\/(\S+)\s*$/i.exec(item) ?? [];
    return name === undefined ? [] : [{ kind: kind?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap', name }];
  });
  const named = (['ConfigMap', 'Secret'] as const).flatMap((kind) =>
    (annotations?.[`${kind.toLowerCase()}.${RELOADER}/reload`] ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name): ConfigReference => ({ kind, name })),
  );
  return [...new Map([...referenced, ...listed, ...named].map((one) => [configName(one), one])).values()];
};

/** Whether annotations ask for anything of this. */
export const restartsOnChange = (annotations: Annotations): boolean =>
  annotations !== undefined && Object.keys(annotations).some((name) => name === RESTART_ON_CHANGE || name.includes(`${RELOADER}/`));

/** One state of what a workload's Pods refer to. */
export interface ConfigVersion {
  readonly number: number;
  /** What each of them said, as a hash, by `configmap/name`; without those that were not there. */
  readonly contents: Readonly<Record<string, string>>;
  /** Copies of its ConfigMaps, for Pods of this version; none where they are too large. */
  readonly copies?: readonly ConfigCopy[];
}

/** What a ConfigMap said, under a name of its own. */
export interface ConfigCopy {
  /** Tells it from all else that the workload made. */
  readonly number: number;
  readonly of: string;
  readonly object: ConfigMap;
}

/** The present version last. */
export interface ConfigVersions {
  /** How many there ever were. */
  readonly made: number;
  readonly versions: readonly ConfigVersion[];
}

/** Versions that are remembered, so that contents that come back are known. */
const MAX_VERSIONS = 10;

/**
 * With a version for the contents as they are. What is missing is taken as it last was, and what comes for the first time is no change: Pods wait for
 * it anyway. Contents that were there before are the version that they were. `now`: undefined for what is not there.
 */
export const withConfigVersion = (
  before: ConfigVersions | undefined,
  now: Readonly<Record<string, string | undefined>>,
): ConfigVersions => {
  const { made, versions } = before ?? { made: 0, versions: [] };
  const last = versions.at(-1);
  const known = Object.entries(now).flatMap(([name, content]) => {
    const is = content ?? last?.contents[name];
    return is === undefined ? [] : [[name, is] as const];
  });
  const contents = Object.fromEntries(known);
  const isSame = (version: ConfigVersion): boolean =>
    known.every(([name, content]) => version.contents[name] === undefined || version.contents[name] === content);
  const same = last !== undefined && isSame(last) ? last : versions.findLast(isSame);
  if (same === undefined) return { made: made + 1, versions: [...versions, { number: made + 1, contents }].slice(-MAX_VERSIONS) };
  const grown = known.some(([name]) => same.contents[name] === undefined) ? { ...same, contents: { ...same.contents, ...contents } } : same;
  if (before !== undefined && grown === last) return before;
  return { made, versions: [...versions.filter((version) => version !== same), grown] };
};

/** The template as of a version: another version is another template, and so rolls out. The first is the template as it is written. */
export const withVersionMark = (template: PodTemplate, number: number): PodTemplate =>
  number <= 1
    ? template
    : {
        ...template,
        metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [CONFIG_VERSION]: String(number) } },
      };

/** The version that a Pod or template is of. */
export const versionOf = (annotations: Annotations): number => Number(annotations?.[CONFIG_VERSION] ?? 1);
