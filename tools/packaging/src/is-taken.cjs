// Whether a process that is as fresh as the executable takes what compile-ahead.cjs wrote; ends with 1 where it does not: node is-taken.cjs PROGRAM COMPILED
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [program, compiled] = process.argv.slice(2);
const { cachedDataRejected } = new Script(readFileSync(program, 'latin1'), { cachedData: readFileSync(compiled) });
if (cachedDataRejected)
  throw new Error('V8 does not take what it compiled ahead: does the program set flags of V8 in another way than by setFlagsFromString?');
