import { defineFailure } from '@solo-kubelet/diagnostics';

/** A server that did not open a stream; the message is in its own words. */
export const StreamError = defineFailure<'STREAM_REFUSED'>('StreamError');
