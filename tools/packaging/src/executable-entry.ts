import { basename } from 'node:path';
import { runProgram } from '../../../packages/kubelet-cli/src/run-program.js';

// The name that it was called by stands before the arguments; a link keeps its own name, and so `kubelet` is the kubelet.
void runProgram({ programName: basename(process.argv[1] ?? 'kubelet-cli'), programPath: process.execPath, argv: process.argv.slice(2) });
