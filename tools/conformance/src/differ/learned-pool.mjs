import { createPool } from './mutate.mjs';
import { objectOf, SAMPLES } from './samples/index.mjs';

/** A pool that has seen every sample and what a corpus adds. */
export const learnedPool = (corpus) => {
  const pool = createPool();
  for (const sample of SAMPLES) pool.learn({ ...objectOf(sample, 'x'), status: sample.status });
  for (const objects of corpus.objects.values()) for (const object of objects) pool.learn(object);
  return pool;
};
