import { withoutControls } from '@solo-kubelet/diagnostics/text';
import type { Progress } from '@solo-kubelet/standalone-node';
import picocolors from 'picocolors';
import { print, type TextOutput } from '../cli-io.js';

/** Shows them on standard error, one line each. */
export const createProgress = (output: TextOutput, color: boolean): Progress => {
  const colors = picocolors.createColors(color);
  return {
    step: async (name, work, describe) => {
      const startedAt = performance.now();
      try {
        const result = await work();
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
        output.write(
          `${colors.green('✓')} ${withoutControls(`${name}${describe === undefined ? '' : `: ${describe(result)}`}`)} ${colors.dim(`${seconds} s`)}\n`,
        );
        return result;
      } catch (error) {
        output.write(`${colors.red('✗')} ${name}\n`);
        throw error;
      }
    },
    note: (text) => print(output, `${text}\n`),
  };
};
