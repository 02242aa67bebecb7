import { invocationOfScript, runProgram } from '../../../packages/kubelet-cli/src/run-program.js';

void runProgram(invocationOfScript());
