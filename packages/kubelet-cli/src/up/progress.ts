import picocolors from 'picocolors';
import { print, type TextOutput } from '../cli-io.js';
import { withoutControls } from '../output/without-controls.js';

/** Shows the steps of a long command, one line each, on standard error. */
export interface Progress {
  /** Runs one step and says how it went; `describe` turns its result into a few words. */
  step<T>(name: string, work: () => Promise<T>, describe?: (result: T) => string): Promise<T>;
  note(text: string): void;
}

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
