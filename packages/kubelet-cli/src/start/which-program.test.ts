import { describe, expect, it } from 'vitest';
import { clientCommands } from '../commands/client-commands.js';
import { CLIENT_COMMANDS, type StartFacts, whichStart } from './which-program.js';

const startOf = (argv: readonly string[], more: Partial<StartFacts> = {}) =>
  whichStart({ programName: 'kubelet-cli', argv, nodeArguments: [], env: {}, ...more });

describe('which program is started', () => {
  it('is the small one for what only asks a node, and the one for all there is for the rest', () => {
    expect(CLIENT_COMMANDS).toEqual(clientCommands.map(({ name }) => name));
    expect(startOf(['get', 'pods'])).toEqual({ program: 'client', command: 'get', isDaemon: false });
    expect(startOf(['validate', 'x.yaml'])).toEqual({ program: 'kubelet', command: 'validate', isDaemon: false });
    expect(startOf(['run', '--config', 'x'])).toEqual({ program: 'kubelet', command: 'run', isDaemon: true });
    expect(startOf(['up', 'x.yaml'])).toMatchObject({ command: 'up', isDaemon: true });
  });

  it('is the kubelet under that name, whatever follows', () => {
    expect(startOf(['get'], { programName: 'kubelet' })).toEqual({ program: 'kubelet', command: 'run', isDaemon: true });
  });

  it('is none for commands of few modules or of one time, and none for words that are no command, which would make names of files', () => {
    for (const argv of [[], ['version'], ['--version'], ['help', 'get'], ['uninstall'], ['../../etc/x'], ['GET'], ['g'.repeat(300)]])
      expect(startOf(argv)).toBeUndefined();
  });

  it.each(['--conditions=@solo-kubelet/source', '-C', '--enable-source-maps', '--import', '--loader=x'])(
    'is none with %s, which asks for the modules',
    (word) => {
      expect(startOf(['run'], { nodeArguments: [word] })).toBeUndefined();
      expect(startOf(['run'], { nodeArguments: ['--cpu-prof', '--max-old-space-size=64'] })).toBeDefined();
    },
  );

  it('is none where it is switched off', () => {
    expect(startOf(['run'], { env: { SOLO_KUBELET_BUNDLE: 'off' } })).toBeUndefined();
  });
});
