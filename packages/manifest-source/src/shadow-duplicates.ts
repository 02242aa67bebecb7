import { concatMap, from, type MonoTypeOperatorFunction, map, pipe, scan } from 'rxjs';
import { type ManifestEvent, type ManifestOrigin, originKey, podKeyOf } from './manifest-event.js';

type Applied = Extract<ManifestEvent, { type: 'applied' }>;
type Rejected = Extract<ManifestEvent, { type: 'rejected' }>;

/** An origin's wish for a Pod name, and what is wrong with the origin since. */
interface Claim {
  readonly applied: Applied;
  readonly rejected?: Rejected;
}

/** Claims of every Pod name, the eldest first: it holds the name. */
type Claims = ReadonlyMap<string, readonly Claim[]>;

interface Step {
  readonly claims: Claims;
  readonly events: readonly ManifestEvent[];
}

/**
 * Lets only the first origin that asks for a Pod of a name have it; others are `shadowed` and take over, eldest first, when it goes.
 * Put it behind a merge of sources to settle claims across them. (Kubernetes lets the last path win on a listing and the last event between.)
 */
export const shadowDuplicates = (): MonoTypeOperatorFunction<ManifestEvent> =>
  pipe(
    scan((step: Step, event: ManifestEvent): Step => takeClaim(step.claims, event), { claims: new Map(), events: [] }),
    map(({ events }) => events),
    concatMap((events) => from(events)),
  );

const takeClaim = (claims: Claims, event: ManifestEvent): Step => {
  switch (event.type) {
    case 'applied':
      return apply(claims, event);
    case 'shadowed':
    case 'removed': {
      const left = release(claims, event.origin);
      return { claims: left.claims, events: [event, ...left.events] };
    }
    case 'rejected':
      return { claims: remember(claims, event), events: [event] };
    default:
      return { claims, events: [event] };
  }
};

const apply = (claims: Claims, event: Applied): Step => {
  const podKey = podKeyOf(event.pod);
  const held = claims.get(podKey) ?? [];
  if (held.some((claim) => same(claim, event.origin))) {
    const renewed = held.map((claim): Claim => (same(claim, event.origin) ? { applied: event } : claim));
    return { claims: new Map(claims).set(podKey, renewed), events: [outcome(renewed, event, podKey)] };
  }
  const left = release(claims, event.origin);
  const joined = [...(left.claims.get(podKey) ?? []), { applied: event }];
  return { claims: new Map(left.claims).set(podKey, joined), events: [outcome(joined, event, podKey), ...left.events] };
};

const outcome = (claims: readonly Claim[], event: Applied, podKey: string): ManifestEvent => {
  const holder = claims[0]?.applied.origin ?? event.origin;
  return originKey(holder) === originKey(event.origin) ? event : { type: 'shadowed', origin: event.origin, by: holder, podKey };
};

/** Gives up the name that an origin holds or waits for; the next in line takes over. */
const release = (claims: Claims, origin: ManifestOrigin): Step => {
  for (const [podKey, held] of claims) {
    const left = held.filter((claim) => !same(claim, origin));
    if (left.length === held.length) continue;
    const rest = new Map(claims);
    if (left.length === 0) rest.delete(podKey);
    else rest.set(podKey, left);
    const heir = left[0] === held[0] ? undefined : left[0];
    return { claims: rest, events: heir === undefined ? [] : [heir.applied, ...(heir.rejected ? [heir.rejected] : [])] };
  }
  return { claims, events: [] };
};

const remember = (claims: Claims, event: Rejected): Claims => {
  for (const [podKey, held] of claims) {
    if (!held.some((claim) => same(claim, event.origin))) continue;
    return new Map(claims).set(
      podKey,
      held.map((claim) => (same(claim, event.origin) ? { ...claim, rejected: event } : claim)),
    );
  }
  return claims;
};

const same = (claim: Claim, origin: ManifestOrigin): boolean => originKey(claim.applied.origin) === originKey(origin);
