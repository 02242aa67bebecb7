/** On a workload: what must be so before its first Pods, and those of a new template, are made. */
export const WAIT_FOR = 'wait-for.solo-kubelet.dev';

/** `deployment/db=Available`. */
export interface WaitTerm {
  /** In lower case, singular. */
  readonly kind: string;
  readonly name: string;
  readonly condition: string;
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ...['pod', 'deployment', 'replicaset', 'statefulset', 'daemonset', 'job'].flatMap((kind): [string, string][] => [
    [kind, kind],
    [`${kind}s`, kind],
  ]),
  ['po', 'pod'],
  ['deploy', 'deployment'],
  ['rs', 'replicaset'],
  ['sts', 'statefulset'],
  ['ds', 'daemonset'],
]);
/** Beyond this many an annotation is a mistake. */
const MAX_TERMS = 32;

/** Reads the annotation; an error names the part that cannot be read. */
export const parseWaitFor = (
  text: string,
): { readonly ok: true; readonly terms: readonly WaitTerm[] } | { readonly ok: false; readonly error: string } => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length > MAX_TERMS) return { ok: false, error: `${WAIT_FOR} has more than ${MAX_TERMS} parts` };
  const terms: WaitTerm[] = [];
  for (const part of parts) {
    const [, kindName = '', name = '', condition = ''] = /^([A-Za-z]+)\/([a-z0-9.-]+)=([A-Za-z]+)$/.exec(part) ?? [];
    const kind = KINDS.get(kindName.toLowerCase());
    if (kind === undefined) {
      const error = `${WAIT_FOR}: cannot read ${JSON.stringify(part.slice(0, 100))}; write it as deployment/db=Available, pod/x=Ready or job/migrate=Complete`;
      return { ok: false, error };
    }
    terms.push({ kind, name, condition });
  }
  return { ok: true, terms };
};

export const termText = ({ kind, name, condition }: WaitTerm): string => `${kind}/${name}=${condition}`;

interface Counted {
  readonly [field: string]: unknown;
}

/** Whether a status says that a condition holds. Where a kind has no such condition its counts tell it. */
export const holds = (kind: string, status: object | undefined, wanted: string, replicas = 1): boolean => {
  if (status === undefined) return false;
  const { conditions = [], ...counts } = status as Counted & {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  const condition = wanted.toLowerCase();
  if (conditions.some(({ type, status: value }) => type.toLowerCase() === condition && value === 'True')) return true;
  const count = (field: string): number => (typeof counts[field] === 'number' ? counts[field] : 0);
  if (kind === 'daemonset') {
    const desired = count('desiredNumberScheduled');
    if (condition === 'available') return desired > 0 && count('numberAvailable') >= desired;
    return condition === 'ready' && desired > 0 && count('numberReady') >= desired;
  }
  if (!['deployment', 'replicaset', 'statefulset'].includes(kind)) return false;
  if (condition === 'available' && kind !== 'deployment') return count('availableReplicas') >= replicas;
  return condition === 'ready' && count('readyReplicas') >= replicas;
};

/** What waits for what, by `kind/name`; from one on along what does not hold yet, back to itself. Undefined if there is no such way. */
export const waitCycle = (start: string, termsOf: (what: string) => readonly string[]): readonly string[] | undefined => {
  const seen = new Set<string>();
  // As many may wait for one another as there are objects: too many to recurse.
  const way = [{ what: start, left: [...termsOf(start)] }];
  for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
    const next = last.left.shift();
    if (next === undefined) way.pop();
    else if (next === start) return [...way.map(({ what }) => what), next];
    else if (!seen.has(next)) {
      seen.add(next);
      way.push({ what: next, left: [...termsOf(next)] });
    }
  }
  return undefined;
};
