const NOTE = 'Resolution note:';

/**
 * What a failed gRPC call says, without what grpc-js adds about itself when it has no connection (`No connection established. Last error: Error: connect
 * ECONNREFUSED 127.0.0.1:1. Resolution note: ` of load-balancer-pick-first.js): `connect ECONNREFUSED 127.0.0.1:1`.
 */
export const grpcDetails = (details: string): string => {
  const at = details.indexOf(NOTE);
  const what = at === -1 ? details : details.slice(0, at).replace(/(?<![.\s])[.\s]+$/, '');
  const note = at === -1 ? '' : details.slice(at + NOTE.length).trimStart();
  const [, cause] = /^No connection established\. Last error: (?:Error: )?(.*)$/s.exec(what) ?? [];
  if (cause === 'null' || cause === 'undefined') return note || 'no connection';
  return cause ?? (what === 'No addresses resolved' && note !== '' ? `${what}: ${note}` : what);
};
