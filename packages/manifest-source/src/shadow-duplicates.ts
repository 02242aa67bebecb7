import { objectKey } from '@solo-kubelet/object-spec';
import { concatMap, defer, from, type MonoTypeOperatorFunction } from 'rxjs';
import { type ManifestEvent, type ManifestOrigin, originKey, podKeyOf } from './manifest-event.js';

type Applied = Extract<ManifestEvent, { type: 'applied' | 'objectApplied' }>;
type Rejected = Extract<ManifestEvent, { type: 'rejected' }>;

export interface ShadowOptions {
  /** Which of two origins has a name that both ask for: the one of the higher number, then the one that asked first. Default: 0 for all. */
  readonly priorityOf?: (origin: ManifestOrigin) => number;
}

/** An origin's wish for a Pod or an object, and what is wrong with the origin since. */
interface Claim {
  readonly applied: Applied;
  readonly rejected?: Rejected;
  /** Whether it is used; otherwise it is shadowed. */
  readonly used: boolean;
  /** Rises with the age: the eldest has the lowest. */
  readonly number: number;
}

/**
 * Lets only the first origin that asks for a Pod of a name, or of a uid, or for an object of a kind and name, have it; others are `shadowed` and take over, eldest first, when it goes.
 * Put it behind a merge of sources (with `settleNames: false`), and behind operators of your own, to settle claims across them: an origin that a
 * policy turned into `rejected` with `stale: false` holds no name. (Kubernetes lets the last path win on a listing and the last event between.)
 */
export const shadowDuplicates =
  ({ priorityOf = () => 0 }: ShadowOptions = {}): MonoTypeOperatorFunction<ManifestEvent> =>
  (event$) =>
    defer(() => {
      const claims = createClaims(priorityOf);
      return event$.pipe(concatMap((event) => from(takeClaim(claims, event))));
    });

/** All claims by their origins, and by the names and uids that they are for, so that an event costs the same however many there are. */
const createClaims = (priorityOf: (origin: ManifestOrigin) => number) => {
  const rank = (a: Claim, b: Claim): number => priorityOf(b.applied.origin) - priorityOf(a.applied.origin) || a.number - b.number;
  const claims = new Map<string, Claim>();
  const rivals = new Map<string, Set<string>>();
  const waiting = new Set<string>();
  let made = 0;
  const drop = (key: string): void => {
    const claim = claims.get(key);
    if (claim === undefined) return;
    claims.delete(key);
    waiting.delete(key);
    for (const name of namesOf(claim.applied)) {
      const same = rivals.get(name);
      same?.delete(key);
      if (same?.size === 0) rivals.delete(name);
    }
  };
  return {
    get: (origin: ManifestOrigin): Claim | undefined => claims.get(originKey(origin)),
    drop: (origin: ManifestOrigin): void => drop(originKey(origin)),
    put: (claim: Omit<Claim, 'number'> & { readonly number?: number | undefined }): void => {
      const key = originKey(claim.applied.origin);
      drop(key);
      made += 1;
      claims.set(key, { ...claim, number: claim.number ?? made });
      if (!claim.used) waiting.add(key);
      for (const name of namesOf(claim.applied)) rivals.set(name, (rivals.get(name) ?? new Set()).add(key));
    },
    /** The used claims of lower priority that a Pod or an object takes its names from, where no other one stands in its way. */
    yieldingTo: (wanted: Applied): readonly Claim[] => {
      const own = originKey(wanted.origin);
      const used = namesOf(wanted).flatMap((name) =>
        [...(rivals.get(name) ?? [])].flatMap((key) => {
          const claim = claims.get(key);
          return key !== own && claim?.used ? [claim] : [];
        }),
      );
      const priority = priorityOf(wanted.origin);
      return used.every(({ applied }) => priorityOf(applied.origin) < priority) ? [...new Set(used)] : [];
    },
    /** The used claim that stands in the way of a Pod or an object. */
    holderOf: (wanted: Applied): Claim | undefined => {
      const own = originKey(wanted.origin);
      const holders = namesOf(wanted).flatMap((name) =>
        [...(rivals.get(name) ?? [])].flatMap((key) => {
          const claim = claims.get(key);
          return key !== own && claim?.used ? [claim] : [];
        }),
      );
      return holders.toSorted(rank)[0];
    },
    waiting: (): readonly Claim[] => [...waiting].flatMap((key) => claims.get(key) ?? []).sort(rank),
  };
};
type Claims = ReturnType<typeof createClaims>;

const takeClaim = (claims: Claims, event: ManifestEvent): readonly ManifestEvent[] => {
  switch (event.type) {
    case 'applied':
    case 'objectApplied':
      return apply(claims, event);
    case 'shadowed':
    case 'objectShadowed':
    case 'removed':
      claims.drop(event.origin);
      return handOver(claims, [event]);
    case 'rejected': {
      const before = claims.get(event.origin);
      // Nothing of the origin counts any more (a policy between source and reconciler denied it): its name is free for others.
      if (!event.stale) {
        claims.drop(event.origin);
        return handOver(claims, [event]);
      }
      if (before !== undefined) claims.put({ ...before, rejected: event });
      return [event];
    }
    default:
      return [event];
  }
};

const apply = (claims: Claims, applied: Applied): readonly ManifestEvent[] => {
  const before = claims.get(applied.origin);
  const yielded = claims.yieldingTo(applied);
  for (const claim of yielded) claims.put({ ...claim, used: false });
  const holder = claims.holderOf(applied);
  const event = holder === undefined ? applied : shadowedBy(holder.applied.origin, applied);
  const stays = before !== undefined && nameOf(before.applied) === nameOf(applied);
  claims.put({ applied, used: holder === undefined, number: stays ? before.number : undefined });
  return handOver(claims, [...yielded.map((claim) => shadowedBy(applied.origin, claim.applied)), event]);
};

/** Gives what nobody uses any more to the eldest who waits for it. */
const handOver = (claims: Claims, events: readonly ManifestEvent[]): readonly ManifestEvent[] => {
  const said = [...events];
  for (const heir of claims.waiting()) {
    if (claims.holderOf(heir.applied) !== undefined) continue;
    claims.put({ ...heir, used: true });
    said.push(heir.applied, ...(heir.rejected === undefined ? [] : [heir.rejected]));
  }
  return said;
};

/** What of it no other may have: its name, and the uid that a Pod may pin. */
const namesOf = (applied: Applied): readonly string[] => {
  const uid = applied.type === 'applied' ? applied.pod.metadata.uid : undefined;
  return [nameOf(applied), ...(uid === undefined ? [] : [`uid ${uid}`])];
};

const nameOf = (applied: Applied): string => (applied.type === 'applied' ? `Pod/${podKeyOf(applied.pod)}` : objectKey(applied.object));

const shadowedBy = (by: ManifestOrigin, applied: Applied): ManifestEvent =>
  applied.type === 'applied'
    ? { type: 'shadowed', origin: applied.origin, by, podKey: podKeyOf(applied.pod) }
    : { type: 'objectShadowed', origin: applied.origin, by, objectKey: objectKey(applied.object) };
