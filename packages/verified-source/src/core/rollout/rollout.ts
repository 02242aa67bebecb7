/** What the rollout has to know of an answer. */
export interface RolloutAnswer {
  /** SHA-256 of the answer, hexadecimal. */
  readonly digest: string;
  readonly revision?: number;
}

/** An answer that is not tried again by itself. */
export interface RefusedAnswer {
  readonly digest: string;
  readonly revision?: number;
  readonly why: 'Failed' | 'Skipped';
  readonly message: string;
  /** Ms since 1970. */
  readonly atMs: number;
}

/** Which answers of a source there are on a node, and what becomes of them; all of it is written to the disk before anything comes of it. */
export interface Rollout<Answer extends RolloutAnswer> {
  /** What runs. */
  readonly current?: Answer;
  /** The newest one that was verified, where that is another. */
  readonly next?: Answer;
  /** What to go back to: there while `current` is on trial. */
  readonly good?: Answer;
  readonly state: RolloutState;
}

export interface RolloutState {
  /** Since when nothing new is begun, by hand, ms since 1970. */
  readonly heldAtMs?: number;
  /** The digest of the `next` that may begin at once, by hand. */
  readonly urged?: string;
  /** How often a process has taken the trial of `current` up; there with `good`. */
  readonly trialStarts?: number;
  /** There with `good`, where that was not known to serve when the trial began: what is wrong then may be what `current` mends. */
  readonly mends?: true;
  /** The oldest first. */
  readonly refused: readonly RefusedAnswer[];
}

export const INITIAL_STATE: RolloutState = { refused: [] };

/** Answers that are remembered as refused. */
const MAX_REFUSED = 16;
/** A node that comes up so often during one trial does so because of it. */
export const MAX_TRIAL_STARTS = 5;

const without = <State extends object, Key extends keyof State>(state: State, ...keys: readonly Key[]): Omit<State, Key> =>
  Object.fromEntries(Object.entries(state).filter(([key]) => !(keys as readonly string[]).includes(key))) as Omit<State, Key>;

/** Puts an answer in its place; undefined takes it away. */
const place = <Answer extends RolloutAnswer>(
  { state, ...answers }: Rollout<Answer>,
  change: { readonly [Key in 'current' | 'next' | 'good']?: Answer | undefined },
  stateNow: RolloutState = state,
): Rollout<Answer> => {
  const all = { ...answers, ...change };
  return {
    ...(all.current && { current: all.current }),
    ...(all.next && { next: all.next }),
    ...(all.good && { good: all.good }),
    state: stateNow,
  };
};

/** The newest answer that was verified has come, or has come again. */
export const offerAnswer = <Answer extends RolloutAnswer>(rollout: Rollout<Answer>, answer: Answer): Rollout<Answer> => {
  const { current, next, state } = rollout;
  if (next?.digest === answer.digest && next.revision === answer.revision) return rollout;
  const rest = state.urged === answer.digest ? state : without(state, 'urged');
  // Signed anew, it is the same all the same: there is nothing to begin.
  return place(rollout, current?.digest === answer.digest ? { current: answer, next: undefined } : { next: answer }, rest);
};

/** The newest answer has come again with another word of who vouches for it, such as by a new key: nothing begins, and that word counts from now on. */
export const renewAnswer = <Answer extends RolloutAnswer>(rollout: Rollout<Answer>, answer: Answer): Rollout<Answer> => ({
  ...rollout,
  ...(rollout.next === undefined ? { current: answer } : { next: answer }),
});

/** What lay on the disk is taken up by another process. */
export const resumeRollout = <Answer extends RolloutAnswer>(rollout: Rollout<Answer>): Rollout<Answer> => {
  const { trialStarts } = rollout.state;
  return trialStarts === undefined ? rollout : { ...rollout, state: { ...rollout.state, trialStarts: trialStarts + 1 } };
};

export const refusalOf = ({ refused }: RolloutState, answer: RolloutAnswer | undefined): RefusedAnswer | undefined =>
  answer && refused.findLast(({ digest }) => digest === answer.digest);

/** Begins with `next`. Without a trial there is nothing to go back to. */
export const beginNext = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  { onTrial, mends }: { readonly onTrial: boolean; readonly mends: boolean },
): Rollout<Answer> => {
  const { current, next, good, state } = rollout;
  const served = good ?? current;
  // What last served, published again, need not show that it does.
  const back = onTrial && served?.digest !== next?.digest ? served : undefined;
  const calm = without(state, 'urged', 'trialStarts', 'mends');
  const trial = { ...calm, trialStarts: 1, ...(mends && { mends: true as const }) };
  return place(rollout, { current: next, next: undefined, good: back }, back === undefined ? calm : trial);
};

/** `current` has come to serve: there is no way back from it any more. */
export const passTrial = <Answer extends RolloutAnswer>(rollout: Rollout<Answer>): Rollout<Answer> =>
  place(rollout, { good: undefined }, without(rollout.state, 'trialStarts', 'mends'));

/** Goes back to the last good one, and remembers why. What failed stays at hand for another try, unless a newer one has come. */
export const goBack = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  refusal: Pick<RefusedAnswer, 'why' | 'message' | 'atMs'>,
): Rollout<Answer> => {
  const { current, next, good, state } = rollout;
  if (current === undefined || good === undefined) return rollout;
  const refused = remembered(state.refused, current, refusal);
  // The last good one may be the newest, too, when its publisher has gone back.
  const left = next ?? current;
  return place(
    rollout,
    { current: good, good: undefined, next: left.digest === good.digest ? undefined : left },
    { ...without(state, 'trialStarts', 'mends'), refused },
  );
};

const remembered = (
  refused: readonly RefusedAnswer[],
  { digest, revision }: RolloutAnswer,
  refusal: Pick<RefusedAnswer, 'why' | 'message' | 'atMs'>,
): readonly RefusedAnswer[] =>
  [...refused.filter((one) => one.digest !== digest), { digest, ...(revision !== undefined && { revision }), ...refusal }].slice(
    -MAX_REFUSED,
  );

/** What somebody may ask of the rollouts of a source. */
export type RolloutCommand = 'hold' | 'resume' | 'skip' | 'retry';

export const ROLLOUT_COMMANDS: readonly RolloutCommand[] = ['hold', 'resume', 'skip', 'retry'];

export type CommandOutcome<Answer extends RolloutAnswer> =
  | { readonly ok: true; readonly rollout: Rollout<Answer>; readonly message: string }
  | { readonly ok: false; readonly message: string };

/** What a command makes of the rollout; the same object where it was so already. */
export const commandRollout = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  command: RolloutCommand,
  nowMs: number,
): CommandOutcome<Answer> => {
  const { next, good, current, state } = rollout;
  const done = (message: string, now: Rollout<Answer> = rollout): CommandOutcome<Answer> => ({ ok: true, rollout: now, message });
  switch (command) {
    case 'hold':
      if (state.heldAtMs !== undefined) return done('it was held already');
      return done('nothing new is begun until it is resumed', { ...rollout, state: { ...state, heldAtMs: nowMs } });
    case 'resume':
      if (state.heldAtMs === undefined) return done('it was not held');
      return done('new revisions are begun again', { ...rollout, state: without(state, 'heldAtMs') });
    case 'skip': {
      const refusal = { why: 'Skipped', message: 'skipped by hand', atMs: nowMs } as const;
      if (next !== undefined && refusalOf(state, next) === undefined)
        return done(`${revisionText(next)} is skipped`, {
          ...rollout,
          state: { ...without(state, 'urged'), refused: remembered(state.refused, next, refusal) },
        });
      if (good !== undefined && current !== undefined)
        return done(`${revisionText(current)} is skipped, going back to ${revisionText(good)}`, goBack(rollout, refusal));
      return { ok: false, message: 'there is nothing to skip: no revision waits, and none is on trial' };
    }
    case 'retry':
      if (next === undefined) return { ok: false, message: 'there is nothing to try: the newest revision runs' };
      if (state.heldAtMs !== undefined) return { ok: false, message: 'it is held: resume it first' };
      return done(`${revisionText(next)} is begun now`, {
        ...rollout,
        state: { ...state, urged: next.digest, refused: state.refused.filter(({ digest }) => digest !== next.digest) },
      });
  }
};

const SHOWN_DIGITS = 12;

/** How messages name an answer. */
export const revisionText = ({ revision, digest }: RolloutAnswer): string =>
  revision === undefined ? `sha256 ${digest.slice(0, SHOWN_DIGITS)}` : `revision ${revision}`;
