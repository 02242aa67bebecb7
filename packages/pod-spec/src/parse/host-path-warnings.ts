import type { Pod } from '../gen/pod-types.js';

/** A hostPath that is taken as it is written and yet serves no container. */
export interface HostPathWarning {
  readonly field: string;
  readonly message: string;
}

/** Kubernetes takes relative hostPaths; runtimes then fail to create the container, or look in a directory of their own. */
export const hostPathWarnings = ({ spec }: Pod): readonly HostPathWarning[] =>
  (spec.volumes ?? []).flatMap(({ hostPath }, index) =>
    hostPath === undefined || (hostPath.path ?? '').startsWith('/')
      ? []
      : [
          {
            field: `spec.volumes[${index}].hostPath.path`,
            message: `the path "${hostPath.path}" is relative: no container that mounts it can be expected to start`,
          },
        ],
  );
