import { setMaxListeners } from 'node:events';
import { runStorm, type StormOrder } from './worst-clients.js';

// A process of its own, so that it can be niced. Ends when its standard input does, and then tells what it did.
const end = new AbortController();
setMaxListeners(0, end.signal);
process.stdin.resume().on('end', () => end.abort());
runStorm(JSON.parse(process.argv[2] ?? '') as StormOrder, end.signal).then((acts) => {
  process.stdout.write(JSON.stringify(acts), () => process.exit());
});
