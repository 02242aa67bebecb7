#!/usr/bin/env bash
# Library: rxjs 7.8.2 (Node.js 20), debounceTime with its default scheduler.
# Expected: a value comes out once the source has been silent for the given time. A duration is measured by a clock that can't be set:
#       setTimeout, which the scheduler is made of, uses such a clock.
# Seen: when the machine's clock is set back by an hour while a value waits (a box without a clock battery that reaches its time server),
#       the value comes out an hour late. delay() and auditTime() of the same time are not late. Set forward, nothing changes.
#       Remedy: give debounceTime a scheduler whose now() is monotonic.
# Source of the behaviour: dist/cjs/internal/operators/debounceTime.js: when its timer fires, it compares scheduler.now() with the time of
#       the last value and waits for the rest; dist/cjs/internal/scheduler/dateTimestampProvider.js: now() is Date.now().
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund rxjs@7.8.2 >/dev/null
cat > probe.cjs <<'JS'
const { Subject, asyncScheduler, auditTime, debounceTime, delay } = require('rxjs');
const realNow = Date.now;
let shift = 0;
// What a set clock looks like to a program: Date.now jumps, timers go on.
Date.now = () => realNow() + shift;
const WAIT = 50;
const steady = Object.assign(Object.create(asyncScheduler), { now: () => performance.now() });
const cases = {
  'debounceTime': [debounceTime(WAIT), 0],
  'debounceTime, clock set forward': [debounceTime(WAIT), 3_600_000],
  'debounceTime, clock set back': [debounceTime(WAIT), -3_600_000],
  'auditTime, clock set back': [auditTime(WAIT), -3_600_000],
  'delay, clock set back': [delay(WAIT), -3_600_000],
  'debounceTime with a monotonic now(), clock set back': [debounceTime(WAIT, steady), -3_600_000],
};
const comesOut = async ([operator, jump]) => {
  shift = 0;
  const source = new Subject();
  let seen = false;
  const subscription = source.pipe(operator).subscribe(() => { seen = true; });
  source.next(1);
  shift = jump;
  await new Promise((resolve) => setTimeout(resolve, 20 * WAIT));
  subscription.unsubscribe();
  return seen;
};
(async () => {
  let late = [];
  for (const [name, one] of Object.entries(cases)) {
    const seen = await comesOut(one);
    console.log(`${name}: ${seen ? 'came out' : `not there after ${20 * WAIT} ms`}`);
    if (!seen) late.push(name);
  }
  process.exit(late.length === 1 && late[0] === 'debounceTime, clock set back' ? 0 : 1);
})();
JS
node probe.cjs
