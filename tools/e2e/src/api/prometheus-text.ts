/** One sample as scraped. */
interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs: number | undefined;
}

export interface ScrapedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ScrapedSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  untyped: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads the text format 0.0.4 as strictly as its specification allows: HELP and TYPE once and before the samples, families not interleaved,
 * no series twice, histograms cumulative with an +Inf bucket that equals the count, a line feed at the end. @throws Error naming the line
 */
export const parsePrometheusText = (text: string): ReadonlyMap<string, ScrapedFamily> => {
  if (text !== '' && !text.endsWith('\n')) throw new Error('no line feed at the end');
  const families = new Map<string, { name: string; type: string; help: string; samples: ScrapedSample[] }>();
  const series = new Set<string>();
  let current: { name: string; type: string; help: string; samples: ScrapedSample[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 1}: ${why}: ${line}`);
    };
    if (line === '') continue;
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help) {
      const [, name = '', words = ''] = help;
      if (families.has(name)) fail('HELP twice, or after samples');
      current = { name, type: '', help: words, samples: [] };
      families.set(name, current);
    } else if (type) {
      const [, name = '', kind = ''] = type;
      if (current?.name !== name || current.type !== '' || current.samples.length > 0) fail('TYPE does not follow its HELP');
      else current.type = kind;
    } else if (line.startsWith('#')) fail('neither HELP nor TYPE');
    else {
      const sample = parseSample(line, fail);
      if (current === undefined || !(SUFFIXES[current.type] ?? []).some((suffix) => `${current?.name}${suffix}` === sample.name)) {
        fail('a sample outside its family');
      }
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (series.has(key)) fail('a series twice');
      series.add(key);
      current?.samples.push(sample);
    }
  }
  for (const family of families.values()) {
    if (family.type === 'histogram') checkHistogram(family);
    if (family.type === 'counter' && family.samples.some(({ value }) => value < 0)) throw new Error(`${family.name} counts below zero`);
  }
  return families;
};

const parseSample = (line: string, fail: (why: string) => never): ScrapedSample => {
  const name = NAME.exec(line)?.[0] ?? fail('no metric name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole, label, value] = LABEL.exec(rest) ?? fail('a bad label');
      if (label! in labels) fail('a label twice');
      labels[label!] = value!.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
      rest = rest.slice(whole.length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) fail('no comma between labels');
    }
    rest = rest.slice(1);
  }
  const [, value, timestamp] = /^ (\S+)(?: (-?\d+))?$/.exec(rest) ?? fail('no value');
  if (!NUMBER.test(value!)) fail('not a number');
  return {
    name,
    labels,
    value: Number(value!.replace('Inf', 'Infinity')),
    timestampMs: timestamp === undefined ? undefined : Number(timestamp),
  };
};

const checkHistogram = ({ name, samples }: ScrapedFamily): void => {
  const groups = new Map<string, ScrapedSample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const limits = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
    const values = buckets.map(({ value }) => value);
    const ascending = (numbers: readonly number[]): boolean => numbers.every((number, at) => at === 0 || number >= numbers[at - 1]!);
    if (!ascending(limits) || !ascending(values)) throw new Error(`${name}${key}: buckets do not grow`);
    if (limits.at(-1) !== Number.POSITIVE_INFINITY || values.at(-1) !== count) throw new Error(`${name}${key}: +Inf is not the count`);
  }
};
