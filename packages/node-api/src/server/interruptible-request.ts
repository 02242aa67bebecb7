import { IncomingMessage } from 'node:http';

const upgrades = new WeakSet<IncomingMessage>();

/**
 * A request after which node:http's parser stops if its connection is destroyed, for a server's `IncomingMessage`. The parser hands out all requests that came with one
 * read, some two thousand of them, though the first have led to the end of their connection; what it does stop at is an upgrade, so each of the
 * rest is one. The server tells of it as such, with a socket that is destroyed: whoever listens to `upgrade` passes it over.
 */
export class InterruptibleRequest extends IncomingMessage {
  /** Set by node:http, from its constructor on. */
  set upgrade(asked: boolean | null) {
    if (asked === true) upgrades.add(this);
    else upgrades.delete(this);
  }

  get upgrade(): boolean {
    return this.socket.destroyed || upgrades.has(this);
  }
}
