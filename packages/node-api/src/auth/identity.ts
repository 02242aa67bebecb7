/** Who asks. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
  /** What an API server knows of him besides. */
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * What somebody may do. `read`: look at pods, logs, stats, metrics. `exec`: also run commands in containers and forward ports.
 * `admin`: also change things (restart a pod, checkpoint) and read the node's own logs and profiles.
 */
export type Role = 'read' | 'exec' | 'admin';

const RANK: Readonly<Record<Role, number>> = { read: 1, exec: 2, admin: 3 };

export const roleAllows = (have: Role, need: Role): boolean => RANK[have] >= RANK[need];

export const isRole = (text: string): text is Role => Object.hasOwn(RANK, text);

/** Group that carries a role in a client certificate's organisation (O) field. */
export const roleGroup = (role: Role): string => `solo-kubelet:${role}`;

export const ANONYMOUS: Identity = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The strongest role that the groups carry. `system:masters` is admin, as for every Kubernetes component. */
export const roleOf = ({ groups }: Identity): Role | undefined => {
  if (groups.includes('system:masters')) return 'admin';
  return (['admin', 'exec', 'read'] as const).find((role) => groups.includes(roleGroup(role)));
};
