import { objectKey } from '@solo-kubelet/object-spec';
import { concatMap, from, type MonoTypeOperatorFunction, map, pipe, scan } from 'rxjs';
import { type ManifestEvent, type ManifestOrigin, originKey, podKeyOf } from './manifest-event.js';

type Applied = Extract<ManifestEvent, { type: 'applied' | 'objectApplied' }>;
type Rejected = Extract<ManifestEvent, { type: 'rejected' }>;

/** An origin's wish for a Pod or an object, and what is wrong with the origin since. */
interface Claim {
  readonly applied: Applied;
  readonly rejected?: Rejected;
  /** Whether it is used; otherwise it is shadowed. */
  readonly used: boolean;
}

interface Step {
  /** The eldest first. */
  readonly claims: readonly Claim[];
  readonly events: readonly ManifestEvent[];
}

/**
 * Lets only the first origin that asks for a Pod of a name, or of a uid, or for an object of a kind and name, have it; others are `shadowed` and take over, eldest first, when it goes.
 * Put it behind a merge of sources (with `settleNames: false`), and behind operators of your own, to settle claims across them: an origin that a
 * policy turned into `rejected` with `stale: false` holds no name. (Kubernetes lets the last path win on a listing and the last event between.)
 */
export const shadowDuplicates = (): MonoTypeOperatorFunction<ManifestEvent> =>
  pipe(
    scan((step: Step, event: ManifestEvent): Step => takeClaim(step.claims, event), { claims: [], events: [] }),
    map(({ events }) => events),
    concatMap((events) => from(events)),
  );

const takeClaim = (claims: readonly Claim[], event: ManifestEvent): Step => {
  switch (event.type) {
    case 'applied':
    case 'objectApplied':
      return apply(claims, event);
    case 'shadowed':
    case 'objectShadowed':
    case 'removed':
      return handOver(
        claims.filter((claim) => !isOf(claim, event.origin)),
        [event],
      );
    case 'rejected':
      // Nothing of the origin counts any more (a policy between source and reconciler denied it): its name is free for others.
      if (!event.stale)
        return handOver(
          claims.filter((claim) => !isOf(claim, event.origin)),
          [event],
        );
      return { claims: claims.map((claim) => (isOf(claim, event.origin) ? { ...claim, rejected: event } : claim)), events: [event] };
    default:
      return { claims, events: [event] };
  }
};

const apply = (claims: readonly Claim[], applied: Applied): Step => {
  const before = claims.find((claim) => isOf(claim, applied.origin));
  const others = claims.filter((claim) => claim !== before);
  const holder = holderOf(others, applied);
  const claim: Claim = { applied, used: holder === undefined };
  const event = holder === undefined ? applied : shadowedBy(holder.applied.origin, applied);
  const stays = before !== undefined && nameOf(before.applied) === nameOf(applied);
  return handOver(stays ? claims.map((one) => (one === before ? claim : one)) : [...others, claim], [event]);
};

/** Gives what nobody uses any more to the eldest who waits for it. */
const handOver = (claims: readonly Claim[], events: readonly ManifestEvent[]): Step => {
  const heir = claims.find((claim) => !claim.used && holderOf(claims, claim.applied) === undefined);
  if (heir === undefined) return { claims, events };
  const said: readonly ManifestEvent[] = heir.rejected === undefined ? [heir.applied] : [heir.applied, heir.rejected];
  return handOver(
    claims.map((claim) => (claim === heir ? { ...claim, used: true } : claim)),
    [...events, ...said],
  );
};

/** The used claim that stands in the way of a Pod or an object. */
const holderOf = (claims: readonly Claim[], wanted: Applied): Claim | undefined =>
  claims.find((claim) => claim.used && !isOf(claim, wanted.origin) && isSame(claim.applied, wanted));

const isSame = (held: Applied, wanted: Applied): boolean => nameOf(held) === nameOf(wanted) || isSameUid(held, wanted);

/** Pods may pin a uid, and two can't share it. */
const isSameUid = (held: Applied, wanted: Applied): boolean =>
  held.type === 'applied' &&
  wanted.type === 'applied' &&
  wanted.pod.metadata.uid !== undefined &&
  held.pod.metadata.uid === wanted.pod.metadata.uid;

const nameOf = (applied: Applied): string => (applied.type === 'applied' ? `Pod/${podKeyOf(applied.pod)}` : objectKey(applied.object));

const shadowedBy = (by: ManifestOrigin, applied: Applied): ManifestEvent =>
  applied.type === 'applied'
    ? { type: 'shadowed', origin: applied.origin, by, podKey: podKeyOf(applied.pod) }
    : { type: 'objectShadowed', origin: applied.origin, by, objectKey: objectKey(applied.object) };

const isOf = (claim: Claim, origin: ManifestOrigin): boolean => originKey(claim.applied.origin) === originKey(origin);
