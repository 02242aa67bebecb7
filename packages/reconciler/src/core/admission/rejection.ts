/** Why a pod may not run on this node, in upstream's words. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
  /** It only waits, and is shown as Pending: the type of the event that tells so. Undefined: it is rejected. */
  readonly waits?: 'Normal' | 'Warning';
}
