import type { KubeletConfiguration } from '../config/fields.js';
import { fields } from '../config/fields.js';
import { flagTable } from '../config/flag-table.js';
import type { KubeletFlags } from '../config/kubelet-flags.js';
import { MASK, maskUrl } from './mask-url.js';

/** Every flag that means something with the value in force, as /flagz shows it: those of the configuration, and those given. */
export const flagValues = (config: KubeletConfiguration, flags: KubeletFlags): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(flagTable).flatMap(([name, spec]): (readonly [string, string])[] => {
      if (spec.type === 'dead') return [];
      // URLs may hold credentials.
      if (name === 'event-sink') return [[name, (flags.eventSinks ?? []).map((sink) => sink.name).join(',')]];
      if (name === 'node-report') return [[name, (flags.nodeReports ?? []).map(({ sink }) => sink.name).join(',')]];
      if (spec.type === 'own') return [[name, flags.given[name] ?? '']];
      // Header values are credentials.
      if (spec.kind === 'headers') return [[name, Object.keys(config.staticPodURLHeader).length > 0 ? MASK : '']];
      if (spec.field === 'staticPodURL') return [[name, maskUrl(config.staticPodURL)]];
      return [[name, textOf((fields[spec.field].kind.encode as (value: unknown) => unknown)(config[spec.field]))]];
    }),
  );

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join(',');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, each]) => `${key}=${textOf(each)}`)
    .join(',');
};
