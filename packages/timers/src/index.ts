export { callDeadline } from './call-deadline.js';
export { type CancellableCall, cancelCall } from './cancel-call.js';
export { checkDuration, checkInterval } from './check-duration.js';
export { type DelayOptions, delay } from './delay.js';
export { type JoinedSignal, joinSignals } from './join-signals.js';
export { type LongTimeoutOptions, longInterval, longTimeout, MAX_TIMER_MS } from './long-timeout.js';
export { onAbort } from './on-abort.js';
export { timeoutSignal } from './timeout-signal.js';
