import { access } from 'node:fs/promises';
import type { CgroupVersion } from '../core/cgroup-files.js';

/** Where a machine's cgroups are mounted. */
export const CGROUP_MOUNT_POINT = '/sys/fs/cgroup';

/** 2 where the unified hierarchy is mounted; 1 on v1 and hybrid hosts, whose controllers are on v1. */
export const detectCgroupVersion = (mountPoint = CGROUP_MOUNT_POINT): Promise<CgroupVersion> =>
  access(`${mountPoint}/cgroup.controllers`).then(
    () => 2,
    () => 1,
  );
