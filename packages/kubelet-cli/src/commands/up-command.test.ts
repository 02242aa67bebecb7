import { DEFAULT_DATA_DIRECTORY } from '@solo-kubelet/standalone-node/defaults';
import { expect, it } from 'vitest';
import { upCommand } from './up-command.js';

// Written out in the help, which every call of the program loads, so that no call loads a package for it.
it('--data-dir: the help names the directory that is used', () => {
  expect(upCommand.details).toContain(`(default ${DEFAULT_DATA_DIRECTORY})`);
});
