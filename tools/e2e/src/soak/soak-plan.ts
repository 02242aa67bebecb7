/** What a Pod of the soak is made of. */
export type Shape = 'plain' | 'pair' | 'initialized' | 'probed' | 'bounded' | 'volume';

/** A manifest of the soak; each has a version that no other has. */
export interface SoakPod {
  readonly version: number;
  readonly shape: Shape;
  readonly image: 'busybox' | 'http';
}

/** Something that is done to manifest files, also while something is down. */
export type FileChange =
  | { readonly type: 'drop'; readonly pod: string; readonly as: SoakPod; readonly torn: boolean }
  | { readonly type: 'break'; readonly pod: string; readonly text: string }
  | { readonly type: 'remove'; readonly pod: string };

/** Something that happens on a bad day. */
export type Happening =
  | FileChange
  | { readonly type: 'endContainer'; readonly pod: string; readonly how: 'kill' | 'fail' | 'oom' | 'sick' }
  | { readonly type: 'endProcess'; readonly pod: string; readonly of: 'pause' | 'shim' }
  | { readonly type: 'fillDisk' }
  | { readonly type: 'freeDisk' }
  | { readonly type: 'endKubelet'; readonly signal: 'SIGKILL' | 'SIGTERM'; readonly meanwhile: readonly FileChange[] }
  | {
      readonly type: 'endRuntime';
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly downMs: number;
      readonly meanwhile: readonly FileChange[];
    }
  | { readonly type: 'freeze'; readonly who: 'runtime' | 'kubelet'; readonly forMs: number }
  | { readonly type: 'stepClock'; readonly byMs: number };

/** Some happenings with the pauses after them, and what has to be so once it is calm again. */
export interface Period {
  readonly steps: readonly { readonly happening: Happening; readonly pauseMs: number }[];
  /** By name; what a file that was broken since said before. */
  readonly wanted: ReadonlyMap<string, SoakPod>;
  /** Pods that something was done to, by name. All others run on untouched. */
  readonly touched: ReadonlySet<string>;
}

export const POD_NAMES: readonly string[] = Array.from({ length: 8 }, (_, index) => `soak-${index}`);

const SHAPES: readonly Shape[] = ['plain', 'pair', 'initialized', 'probed', 'bounded', 'volume'];
const BROKEN = ['{', 'apiVersion: v1\nkind: Pod\n', '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 7}}', '\u0000\u0001'];
const CLOCK_STEPS_MS = [1_000, -1_000, 60_000, -60_000, 3_600_000, -3_600_000, 86_400_000, -86_400_000];

/** Draws a period by random numbers alone: the same numbers give the same period. `version`: of the first manifest that it makes. */
export const drawPeriod = (random: () => number, before: ReadonlyMap<string, SoakPod>, version: number): Period => {
  const wanted = new Map(before);
  const touched = new Set<string>();
  /** A kubelet that is down or slow may not have seen these before they change again. */
  const unseen = new Set<string>();
  let next = version;
  const below = (count: number): number => Math.floor(random() * count);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)]!;

  const drawChange = (): FileChange => {
    const pod = oneOf(POD_NAMES);
    const kind = wanted.has(pod) ? random() : 0;
    if (kind < 0.55) {
      const as: SoakPod = { version: next, shape: oneOf(SHAPES), image: oneOf(['busybox', 'http'] as const) };
      next += 1;
      wanted.set(pod, as);
      touched.add(pod);
      unseen.add(pod);
      return { type: 'drop', pod, as, torn: random() < 0.3 };
    }
    // A broken file does nothing to its Pod, which therefore counts as untouched.
    if (kind < 0.75 && !unseen.has(pod)) return { type: 'break', pod, text: oneOf(BROKEN) };
    wanted.delete(pod);
    touched.add(pod);
    return { type: 'remove', pod };
  };
  const drawChanges = (most: number): readonly FileChange[] => Array.from({ length: below(most + 1) }, drawChange);
  const drawEnd = (): Happening => {
    const pod = oneOf([...wanted.keys()]);
    touched.add(pod);
    if (random() < 0.25) return { type: 'endProcess', pod, of: oneOf(['pause', 'shim'] as const) };
    const shape = wanted.get(pod)?.shape;
    const hows = ['kill', 'fail', ...(shape === 'bounded' ? ['oom', 'oom'] : []), ...(shape === 'probed' ? ['sick', 'sick'] : [])] as const;
    return { type: 'endContainer', pod, how: oneOf(hows) as 'kill' };
  };
  const signal = (): 'SIGKILL' | 'SIGTERM' => (random() < 0.7 ? 'SIGKILL' : 'SIGTERM');
  const draw = (): Happening => {
    const kind = random();
    if (kind < 0.35) return drawChange();
    if (kind < 0.6) return wanted.size > 0 ? drawEnd() : drawChange();
    if (kind < 0.72) return { type: 'endKubelet', signal: signal(), meanwhile: drawChanges(2) };
    if (kind < 0.82) return { type: 'endRuntime', signal: signal(), downMs: below(4_000), meanwhile: drawChanges(2) };
    if (kind < 0.9) return { type: random() < 0.6 ? 'fillDisk' : 'freeDisk' };
    if (kind < 0.95) return { type: 'freeze', who: oneOf(['runtime', 'kubelet'] as const), forMs: 500 + below(8_000) };
    return { type: 'stepClock', byMs: oneOf(CLOCK_STEPS_MS) };
  };
  const steps = Array.from({ length: 5 + below(8) }, () => ({ happening: draw(), pauseMs: oneOf([0, 50, 400, 1_500, 4_000]) }));
  return { steps, wanted, touched };
};

/** In words, for whoever reads a failure. */
export const describeHappening = (happening: Happening): string => JSON.stringify(happening).replaceAll('"', '');
