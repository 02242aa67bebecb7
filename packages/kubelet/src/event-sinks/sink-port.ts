/** What an event is to a sink: JSON text of a v1 Event, without a line break. */
export type EventText = string;

export interface DeliverOptions {
  readonly signal: AbortSignal;
  /** Told of events that were taken and are not wanted: how many, and why. */
  readonly refused?: (events: number, why: string) => void;
}

/** The way to one sink. One call at a time. */
export interface SinkPort {
  /**
   * Hands over events, the oldest first. @throws (rejects) RefusedBySink where these will never be taken, RetryLater where the sink says when it wants them,
   * and any other error where another attempt may do
   */
  deliver(events: readonly EventText[], options: DeliverOptions): Promise<void>;
  close(): void;
}

/** The sink understood, and does not want these events: the next ones may be wanted. */
export class RefusedBySink extends Error {}

/** The sink asks for time. */
export class RetryLater extends Error {
  constructor(
    message: string,
    /** How long, ms. */
    readonly afterMs: number,
  ) {
    super(message);
  }
}
