import { describeError } from '@solo-kubelet/diagnostics';
import { escapeDocument } from '@solo-kubelet/diagnostics/text';
import { examineHost, examineServices, type Finding, judgeHost, judgeServices } from '@solo-kubelet/standalone-node/doctor';
import { MANIFEST_DIRECTORY } from '@solo-kubelet/standalone-node/install';
import picocolors from 'picocolors';
import { CliError } from '../cli-error.js';
import { type CliIo, print, usesColor, write, writeRaw } from '../cli-io.js';
import { namedApiSocket } from '../client/api-socket.js';
import { runningConfiguration, runningObjects, runtimeEndpoint, usualEndpoint } from '../client/connect.js';
import { type CommandInput, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';

/** Examines this machine and tells what keeps it from running pods. */
export const doctor = async (input: CommandInput, io: CliIo): Promise<number> => {
  const socket = namedApiSocket(input, io);
  const output = textOption(input, 'output');
  if (output !== undefined && output !== 'json')
    throw new CliError({ code: 'CLI_USAGE', message: `-o takes json, not ${JSON.stringify(output)}` });
  const release = textOption(input, 'for');
  if (release !== undefined) return printFindings(await (await import('./doctor-for.js')).findingsFor(release, input, io), input, io);
  if (input.operands.length > 0) throw new CliError({ code: 'CLI_USAGE', message: 'flags of a kubelet are looked at with --for VERSION' });
  // A kubelet that cannot be asked is no reason to look at nothing.
  const endpoint = await runtimeEndpoint(input, io).catch(usualEndpoint);
  let fault = 'nobody answers there';
  const running = await runningConfiguration(input, io).catch((error: unknown) => {
    fault = describeError(error);
    return undefined;
  });
  const configuration = running ?? {};
  const { staticPodPath, cgroupDriver } = configuration;
  const findings = judgeHost(
    await examineHost({
      endpoint,
      env: io.env,
      manifestDirectory: typeof staticPodPath === 'string' && staticPodPath !== '' ? staticPodPath : MANIFEST_DIRECTORY,
      configuredDriver: typeof cgroupDriver === 'string' ? cgroupDriver : undefined,
      kubeletPorts: ['port', 'readOnlyPort', 'healthzPort'].map((name) => configuration[name]).filter((port) => typeof port === 'number'),
      signal: io.interrupted,
    }),
  );
  const objects = running === undefined ? [] : await runningObjects(input, io).catch(() => []);
  const has = (...kinds: readonly string[]): boolean => objects.some(({ kind }) => kinds.includes(kind));
  const wanted = { hasServices: has('Service', 'NetworkPolicy'), hasIngresses: has('Ingress') };
  const services = judgeServices(await examineServices(wanted, { env: io.env, signal: io.interrupted }));
  // Without a name none need run.
  const unheard: readonly Finding[] =
    socket === undefined || running !== undefined
      ? []
      : [
          {
            name: 'kubelet',
            status: 'failed',
            detail: `${socket}: ${fault}`,
            remedy: 'Is it running? (kubelet-cli up, or systemctl status solo-kubelet); or leave --socket and SOLO_KUBELET_SOCKET out.',
          },
        ];
  return printFindings([...unheard, ...findings, ...services], input, io);
};

const printFindings = async (findings: readonly Finding[], input: CommandInput, io: CliIo): Promise<number> => {
  if (textOption(input, 'output') === 'json') {
    print(io.stdout, escapeDocument(`${JSON.stringify(findings, undefined, 2)}\n`));
  } else {
    const colors = picocolors.createColors(usesColor(io.stdout, io.env));
    const marks = { ok: colors.green('✓'), warning: colors.yellow('!'), failed: colors.red('✗') };
    for (const { name, status, detail, remedy } of findings) {
      await writeRaw(io.stdout, marks[status]);
      await write(io.stdout, ` ${name}: ${detail}\n${remedy === undefined ? '' : `    ${remedy}\n`}`);
    }
  }
  return findings.some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.done;
};
