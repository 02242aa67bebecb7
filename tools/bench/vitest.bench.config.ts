import { defineConfig } from 'vitest/config';

const conditions = ['@solo-kubelet/source'];

/** Benchmarks: run by hand (`pnpm --filter @solo-kubelet-tools/bench latency`), never by CI. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.bench.ts'],
    root: import.meta.dirname,
    fileParallelism: false,
    hookTimeout: 180_000,
    disableConsoleIntercept: true,
  },
});
