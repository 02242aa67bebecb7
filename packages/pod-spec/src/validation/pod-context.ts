import type { PodSpec } from '../gen/pod-types.js';
import type { KnownVolumes } from './volume-mounts.js';

/** What the containers of a Pod share. */
export interface PodContext {
  readonly spec: PodSpec;
  readonly volumes: KnownVolumes;
  readonly claimNames: ReadonlySet<string>;
}
