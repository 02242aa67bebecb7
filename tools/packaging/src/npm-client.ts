import { clientCommands } from '../../../packages/kubelet-cli/src/commands/client-commands.js';
import { mainOf } from '../../../packages/kubelet-cli/src/main-of.js';
import { invocationOfScript, runProgramOf } from '../../../packages/kubelet-cli/src/run-program-of.js';

void runProgramOf(mainOf(clientCommands), invocationOfScript());
