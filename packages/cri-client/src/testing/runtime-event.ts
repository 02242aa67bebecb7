import type { ContainerEventType } from '@solo-kubelet/cri-types';
import type { ContainerRecord, SandboxRecord } from './records.js';

/** Something happened to a container or a sandbox. */
export interface RuntimeEvent {
  readonly type: ContainerEventType;
  readonly subject: ContainerRecord | SandboxRecord;
  readonly sandbox: SandboxRecord;
  /** `exiting` comes before the records follow, as containerd's events do; all else after. */
  readonly phase: 'exiting' | 'recorded';
  readonly oom?: boolean;
  /** With `exiting`: what the records will say. `finishedAt` is Unix ns. */
  readonly exit?: { readonly exitCode: number; readonly finishedAt: bigint } | undefined;
  /** A removal that came of the removal of its sandbox. */
  readonly withSandbox?: boolean;
}
