import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { quantitySign, readQuantity } from '@solo-kubelet/pod-spec';
import { isEvictionSignal } from '../eviction/core/eviction-signal.js';
import type { EvictionThreshold, ThresholdValue } from '../eviction/core/eviction-threshold.js';
import type { KubeletConfiguration } from './fields.js';

type Statements = Readonly<Record<string, string>>;

type EvictionFields = Pick<
  KubeletConfiguration,
  'evictionHard' | 'evictionSoft' | 'evictionSoftGracePeriod' | 'evictionMinimumReclaim' | 'enforceNodeAllocatable'
>;

export interface EvictionThresholds {
  readonly thresholds: readonly EvictionThreshold[];
  /** In upstream's words. */
  readonly errors: readonly string[];
}

/**
 * The thresholds that the configuration asks for: hard ones, soft ones, that of the pods' own cgroup (eviction/helpers.go ParseThresholdConfig). Hard
 * ones of `implied` signals, which only the defaults name, spare pods.
 */
export const evictionThresholds = (config: EvictionFields, implied: ReadonlySet<string> = new Set()): EvictionThresholds => {
  const errors: string[] = [];
  const read = <Value>(statements: Statements, parse: (signal: string, text: string) => Value): ReadonlyMap<string, Value> =>
    new Map(
      Object.entries(statements).flatMap(([signal, text]) => {
        try {
          if (!isEvictionSignal(signal)) throw new Error(`unsupported eviction signal ${signal}`);
          return [[signal, parse(signal, text)] as const];
        } catch (error) {
          errors.push((error as Error).message);
          return [];
        }
      }),
    );
  const hard = read(config.evictionHard, parseValue);
  const soft = read(config.evictionSoft, parseValue);
  const gracePeriods = read(config.evictionSoftGracePeriod, (_, text) => parseGracePeriod(text));
  const minReclaims = read(config.evictionMinimumReclaim, parseMinReclaim);
  const threshold = (signal: string, value: ThresholdValue | undefined, gracePeriodMs: number): readonly EvictionThreshold[] => {
    if (value === undefined || !isEvictionSignal(signal)) return [];
    const minReclaim = minReclaims.get(signal);
    return [{ signal, value, gracePeriodMs, ...(minReclaim === undefined ? {} : { minReclaim }) }];
  };
  const thresholds = [
    ...[...hard].flatMap(([signal, value]) =>
      threshold(signal, value, 0).map((one) => (implied.has(signal) ? { ...one, reportOnly: true } : one)),
    ),
    ...[...soft].flatMap(([signal, value]) => {
      const gracePeriodMs = gracePeriods.get(signal);
      if (value === undefined || gracePeriodMs !== undefined) return threshold(signal, value, gracePeriodMs ?? 0);
      if (!(signal in config.evictionSoftGracePeriod))
        errors.push(`grace period must be specified for the soft eviction threshold ${signal}`);
      return [];
    }),
  ];
  return { thresholds: [...thresholds, ...(config.enforceNodeAllocatable.includes('pods') ? ofPods(thresholds) : [])], errors };
};

/** What holds for the node's memory holds for what its pods may have in all. */
const ofPods = (thresholds: readonly EvictionThreshold[]): readonly EvictionThreshold[] =>
  thresholds
    .filter(({ signal, gracePeriodMs }) => signal === 'memory.available' && gracePeriodMs === 0)
    .map((one) => ({ ...one, signal: 'allocatableMemory.available' }));

/** Undefined: switched off. */
const parseValue = (signal: string, text: string): ThresholdValue | undefined => {
  if (text === '0%' || text === '100%') return undefined;
  if (text.endsWith('%')) {
    const fraction = parsePercentage(text);
    if (fraction < 0) throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${text}`);
    if (fraction > 1) throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${text}`);
    return { fraction };
  }
  const value = parseAmount(text);
  if (quantitySign(text) <= 0) throw new Error(`eviction threshold ${signal} must be positive: ${text}`);
  return value;
};

const parseMinReclaim = (signal: string, text: string): ThresholdValue => {
  if (text.endsWith('%')) {
    const fraction = parsePercentage(text);
    if (fraction <= 0) throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`);
    return { fraction };
  }
  const value = parseAmount(text);
  if (quantitySign(text) < 0) throw new Error(`negative eviction minimum reclaim specified for ${signal}`);
  return value;
};

const parseGracePeriod = (text: string): number => {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  if (milliseconds < 0) throw new Error(`invalid eviction grace period specified: ${text}, must be a positive value`);
  return milliseconds;
};

const parseAmount = (text: string): ThresholdValue => {
  const amount = readQuantity(text);
  if (typeof amount === 'string') throw new Error(amount);
  return { quantity: text };
};

/** A share of one, in the single precision that upstream reckons in. */
const parsePercentage = (text: string): number => {
  const number = text.replace(/(?<!%)%+$/, '');
  if (!/^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(number)) {
    throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  }
  return Math.fround(Math.fround(Number(number)) / 100);
};
