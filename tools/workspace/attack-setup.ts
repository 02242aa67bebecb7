import fc from 'fast-check';

/** Examples of one property in CI; each fuzzer has to end within seconds. */
const RUNS_IN_CI = 200;

// The same attacks every time, so that what fails in CI fails at home: a new seed is asked for by hand.
fc.configureGlobal({
  seed: Number(process.env['ATTACK_SEED'] ?? 20_260_101),
  numRuns: RUNS_IN_CI * Number(process.env['ATTACK_FACTOR'] ?? 1),
});
