/** Random choices from a seed: the same seed asks the same questions. */
export const createRandom = (seed) => {
  let state = seed >>> 0;
  /** A number from 0 up to below 1 (mulberry32). */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from 0 up to below `limit`. */
  const below = (limit) => Math.floor(next() * limit);
  const pick = (list) => list[below(list.length)];
  const chance = (probability) => next() < probability;
  return { below, pick, chance };
};
