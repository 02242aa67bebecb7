#!/usr/bin/env bash
# Program: rxjs 7.8.2 (npm).
# Expected: a periodic timer costs a virtual clock one action at a time, as it costs the real one, and ends when nobody listens any more.
# Seen: VirtualTimeScheduler makes a new action of every tick and adds it to the one before it as its teardown (VirtualAction.schedule). All of them are kept
#       as long as the timer runs, some hundred bytes each, and unsubscribing goes down the whole chain by recursion: after 200,000 ticks it throws an
#       UnsubscriptionError of "Maximum call stack size exceeded". A simulation of a long time fails at its end though nothing of its own was wrong.
# Source: dist/cjs/internal/scheduler/VirtualTimeScheduler.js of the package.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund rxjs@7.8.2 >/dev/null
cat > probe.mjs <<'JS'
import { interval, UnsubscriptionError, VirtualTimeScheduler } from 'rxjs';
const TICKS = 200_000;
const scheduler = new VirtualTimeScheduler(undefined, TICKS);
let ticks = 0;
const subscription = interval(1, scheduler).subscribe(() => {
  ticks += 1;
});
const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
const before = heap();
scheduler.flush();
const bytes = Math.round((heap() - before) / ticks);
let error;
try {
  subscription.unsubscribe();
} catch (caught) {
  error = caught;
}
const isOverflow = error instanceof UnsubscriptionError && error.errors[0] instanceof RangeError;
console.log(`rxjs 7.8.2: ${ticks} ticks, ${bytes} bytes kept of each; unsubscribing says: ${isOverflow ? error.errors[0].message : 'nothing'}`);
process.exit(ticks === TICKS && bytes > 50 && isOverflow ? 0 : 1);
JS
node --expose-gc probe.mjs
