import { defineConfig } from 'vitest/config';

const conditions = ['@solo-kubelet/source'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };

/** How much longer than in CI the fuzzers of the attack suite run: `ATTACK_FACTOR=100 pnpm test:attack`. */
const ATTACK_FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);

/** How much longer than on two idle cores a virtual machine may take: `SOLO_VM_PATIENCE=4 pnpm test:vm`. */
const VM_PATIENCE = Number(process.env['SOLO_VM_PATIENCE'] ?? 1);

/**
 * Six projects: quick unit tests, long simulations in virtual time, attacks by hostile clients and files, checks of the built packages, tests
 * on a real container runtime, and in a virtual machine.
 */
export default defineConfig({
  ...shared,
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          setupFiles: ['tools/workspace/seed-setup.ts'],
          include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tools/*/src/**/*.test.ts'],
          exclude: [
            '**/*.sim.test.ts',
            '**/*.attack.test.ts',
            '**/*.e2e.test.ts',
            '**/*.vm.test.ts',
            'tools/package-checks/**',
            '**/node_modules/**',
            '**/dist/**',
          ],
          // Files share a process: loading the same modules anew for each was two fifths of the processor time. What a module keeps for itself shows here.
          isolate: false,
          // Real processes and sockets on a machine that is busy with other things.
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'simulation',
          setupFiles: ['tools/workspace/seed-setup.ts'],
          include: ['packages/*/**/*.sim.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'attack',
          include: ['packages/*/**/*.attack.test.ts', 'tools/*/**/*.attack.test.ts'],
          exclude: ['tools/e2e/**', '**/node_modules/**', '**/dist/**'],
          setupFiles: ['tools/workspace/attack-setup.ts'],
          testTimeout: 60_000 * ATTACK_FACTOR,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'packages',
          include: ['tools/package-checks/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'vm',
          include: ['tools/vm/**/*.vm.test.ts'],
          // An emulated processor is 10 to 20 times as slow.
          testTimeout: 20 * 60_000 * VM_PATIENCE,
          hookTimeout: 60 * 60_000 * VM_PATIENCE,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: { name: 'e2e', isolate: false, include: ['tools/e2e/**/*.e2e.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
