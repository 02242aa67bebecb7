import { setFlagsFromString } from 'node:v8';

/** V8's own is 67,584: so many bytes of a function's bytecode run between two looks at whether it is worth optimising. */
const INTERRUPT_BUDGET = 1_000_000;

/** The first V8 that counts calls instead and does not know the flag: that of Node.js 22. It would complain on standard error. */
const COUNTS_CALLS = 12;

/**
 * Lets V8 optimise functions only once they have run some fifteen times as often as it would otherwise wait for (docs/decisions/238). A kubelet works in
 * short bursts: most of what the compiler's threads made was hardly used, and cost a third of a burst's CPU. Of the whole process, for as long as it runs.
 * Changes nothing from Node.js 22 on. `version` is that of V8.
 */
export const compileLate = (version = process.versions.v8): void => {
  if (Number.parseInt(version, 10) < COUNTS_CALLS) setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
};
