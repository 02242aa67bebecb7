import type { SourceImage } from '../core/images/source-image.js';
import type { RolloutReason } from '../core/rollout/decide-rollout.js';
import type { Rollout } from '../core/rollout/rollout.js';
import type { HeldAnswer } from './held-answer.js';

/**
 * Which images are fetched: those of what is about to begin, then those of what runs and of what it may go back to, in case they are gone. What waits for its
 * window is fetched before that, and takes no name yet that what runs has for another image; what is held, refused or for others is not
 * fetched.
 */
export const imagesToFetch = (
  { current, next, good }: Pick<Rollout<Pick<HeldAnswer, 'images'> & HeldAnswer>, 'current' | 'next' | 'good'>,
  reason: RolloutReason | undefined,
): readonly (SourceImage & { readonly loads: boolean })[] => {
  const own = [...(current?.images ?? []), ...(good?.images ?? [])];
  const upcoming = reason === 'ImagesPending' || reason === 'OutsideWindow' ? (next?.images ?? []) : [];
  const byName = new Map<string, SourceImage>();
  // Of one name, one image at a time: else each would push the other out, again and again.
  for (const image of reason === 'ImagesPending' ? [...upcoming, ...own] : own) if (!byName.has(image.name)) byName.set(image.name, image);
  const loaded = [...byName.values()].map((image) => ({ ...image, loads: true }));
  if (reason === 'ImagesPending') return loaded;
  return [
    ...loaded,
    ...upcoming
      .filter((image) => byName.get(image.name)?.digest !== image.digest)
      .map((image) => ({ ...image, loads: !byName.has(image.name) })),
  ];
};
