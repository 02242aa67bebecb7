// Preloaded into a kubelet (NODE_OPTIONS=--require): its wall clock is the machine's and as many ms as the file of SOAK_CLOCK says. No other clock is touched.
const { readFileSync, watchFile } = require('node:fs');

const path = process.env.SOAK_CLOCK;
const RealDate = Date;
const now = RealDate.now.bind(RealDate);
let aheadMs = 0;
const read = () => {
  try {
    aheadMs = Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    // Not there yet: not ahead.
  }
};
if (path !== undefined) {
  read();
  watchFile(path, { interval: 100, persistent: false }, read);
  RealDate.now = () => now() + aheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [RealDate.now()] : args, newTarget),
    apply: (target) => new target(RealDate.now()).toString(),
  });
}
