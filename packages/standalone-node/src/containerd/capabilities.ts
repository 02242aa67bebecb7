/** Bit numbers of include/uapi/linux/capability.h. */
const CAP_SYS_RESOURCE = 24;

/** Whether a process with this /proc/PID/status may lower oom_score_adj. */
export const mayLowerOomScore = (procStatus: string): boolean => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(procStatus)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> BigInt(CAP_SYS_RESOURCE)) & 1n) === 1n;
};
