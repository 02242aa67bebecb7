import { readFile } from 'node:fs/promises';

/** Shares of time, in per cent, in which some or all tasks were held up, and that time in all, µs as the kernel counts it. */
export interface PressureMeasurements {
  readonly total: number;
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
}

export interface Pressure {
  readonly full: PressureMeasurements;
  readonly some: PressureMeasurements;
}

export type PressureResource = 'cpu' | 'memory' | 'io';
export type Pressures = Readonly<Partial<Record<PressureResource, Pressure>>>;

const NONE: PressureMeasurements = { total: 0, avg10: 0, avg60: 0, avg300: 0 };

/** A `*.pressure` file (Documentation/accounting/psi.rst); older kernels have no `full` line for the CPU. */
export const parsePressure = (text: string): Pressure | undefined => {
  const measurements = (kind: string): PressureMeasurements | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(`${kind} `));
    if (line === undefined) return undefined;
    const value = (name: string): number => Number(new RegExp(`${name}=([\\d.]+)`).exec(line)?.[1] ?? 0);
    return { total: value('total'), avg10: value('avg10'), avg60: value('avg60'), avg300: value('avg300') };
  };
  const some = measurements('some');
  return some && { full: measurements('full') ?? NONE, some };
};

/** The three resources, read by `read`; undefined when the kernel measures none of them. */
export const readPressures = async (read: (resource: PressureResource) => Promise<string>): Promise<Pressures | undefined> => {
  const [cpu, memory, io] = (await Promise.all((['cpu', 'memory', 'io'] as const).map(read))).map(parsePressure);
  if (!cpu && !memory && !io) return undefined;
  return { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}), ...(io ? { io } : {}) };
};

/** Pressure on the whole machine. */
export const machinePressures = (procDirectory = '/proc'): Promise<Pressures | undefined> =>
  readPressures((resource) => readFile(`${procDirectory}/pressure/${resource}`, 'utf8').catch(() => ''));
