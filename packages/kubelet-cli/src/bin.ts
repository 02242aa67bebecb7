#!/usr/bin/env node
import { invocationOfScript, runProgram } from './run-program.js';

await runProgram(invocationOfScript());
