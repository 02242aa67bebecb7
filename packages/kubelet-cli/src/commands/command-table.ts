import type { Command } from '../command.js';
import { bundleCommand } from './bundle-command.js';
import { changeCommands } from './change-commands.js';
import { cniCommand } from './cni-command.js';
import { completionCommand } from './completion-command.js';
import { doctorCommand } from './doctor-command.js';
import { downCommand } from './down-command.js';
import { explainCommand } from './explain-command.js';
import { fleetCommand } from './fleet-command.js';
import { imagesCommand } from './images-command.js';
import { inspectCommands } from './inspect-commands.js';
import { installCommand, uninstallCommand } from './install-command.js';
import { joinCommand } from './join-command.js';
import { kubeconfigCommand } from './kubeconfig-command.js';
import { leaveCommand } from './leave-command.js';
import { netCommand } from './net-command.js';
import { getCommand, nodeCommands } from './node-commands.js';
import { policyCommand } from './policy-command.js';
import { runCommand } from './run-command.js';
import { secretCommand } from './secret-command.js';
import { sourcesCommand } from './sources-command.js';
import { tokenCommand } from './token-command.js';
import { upCommand } from './up-command.js';
import { validateCommand } from './validate-command.js';
import { versionCommand } from './version-command.js';
import { workloadCommands } from './workload-commands.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  downCommand,
  runCommand,
  getCommand,
  imagesCommand(getCommand),
  ...nodeCommands,
  ...inspectCommands,
  ...changeCommands,
  ...workloadCommands,
  sourcesCommand,
  bundleCommand,
  fleetCommand,
  netCommand,
  policyCommand,
  tokenCommand,
  kubeconfigCommand,
  secretCommand,
  validateCommand,
  explainCommand,
  doctorCommand,
  cniCommand,
  installCommand,
  uninstallCommand,
  joinCommand,
  leaveCommand,
  completionCommand(() => commands),
  versionCommand,
];
