#!/usr/bin/env node
import { runBundled } from './start/run-bundled.js';

if (!runBundled(import.meta.url)) {
  const { invocationOfScript, runProgram } = await import('./run-program.js');
  await runProgram(invocationOfScript());
}
