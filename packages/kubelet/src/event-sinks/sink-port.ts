/** What an event is to a sink: JSON text of a v1 Event, without a line break. */
export type EventText = string;

/** The way to one sink. One call at a time. */
export interface SinkPort {
  /**
   * Hands over events, the oldest first. @throws (rejects) RefusedBySink where these will never be taken, and any other error where another attempt may do
   */
  deliver(events: readonly EventText[], options: { readonly signal: AbortSignal }): Promise<void>;
  close(): void;
}

/** The sink understood, and does not want these events: the next ones may be wanted. */
export class RefusedBySink extends Error {}
