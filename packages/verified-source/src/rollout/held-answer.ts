import type { ExaminedAnswer } from '../answer/examine-answer.js';
import { digestOf, type KeptAnswer } from '../answer-store.js';
import type { SourceImage } from '../core/images/source-image.js';
import type { RolloutAnswer } from '../core/rollout/rollout.js';
import type { RolloutTerms } from './admit-answer.js';
import { contentOf } from './node-share.js';

/** An answer that was verified, with what decides on it. What it asks for is read from its bytes when it is needed, and verified again. */
export interface HeldAnswer extends RolloutAnswer {
  readonly kept: KeptAnswer;
  readonly terms: RolloutTerms;
  /** Those that the source itself has. */
  readonly images: readonly SourceImage[];
}

export const heldAnswer = (kept: KeptAnswer, { said, text, prepared, images }: ExaminedAnswer): HeldAnswer => ({
  digest: digestOf(kept.content),
  ...(kept.revision !== undefined && { revision: kept.revision }),
  kept,
  terms: { ...(said?.rollout && { published: said.rollout }), content: contentOf(prepared ?? text) },
  images,
});
