import picocolors from 'picocolors';
import { usesColor } from '../cli-io.js';
import { usualEndpoint } from '../client/connect.js';
import { type Command, textOption } from '../command.js';
import { judgeHost } from '../doctor/checks.js';
import { examineHost } from '../doctor/examine-host.js';
import { EXIT } from '../exit-status.js';

/** `doctor`: what keeps this machine from running pods. */
export const doctorCommand: Command = {
  name: 'doctor',
  usage: '[--runtime-endpoint SOCKET] [-o json]',
  summary: 'Examine this machine and say what is wrong and what mends it.',
  options: { 'runtime-endpoint': { type: 'string' }, output: { type: 'string', short: 'o' } },
  run: async (input, io) => {
    const endpoint = textOption(input, 'runtime-endpoint') ?? io.env['CONTAINER_RUNTIME_ENDPOINT'] ?? (await usualEndpoint());
    const findings = judgeHost(await examineHost({ endpoint, env: io.env, signal: io.interrupted }));
    if (textOption(input, 'output') === 'json') {
      io.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    } else {
      const colors = picocolors.createColors(usesColor(io.stdout, io.env));
      const marks = { ok: colors.green('✓'), warning: colors.yellow('!'), failed: colors.red('✗') };
      for (const { name, status, detail, remedy } of findings) {
        io.stdout.write(`${marks[status]} ${name}: ${detail}\n${remedy === undefined ? '' : `    ${remedy}\n`}`);
      }
    }
    return findings.some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.done;
  },
};
