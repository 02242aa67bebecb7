/** How much longer than on two idle cores everything may take: `SOLO_VM_PATIENCE=4` on a machine that is busy. Default: 1. */
const PATIENCE = Number(process.env['SOLO_VM_PATIENCE'] ?? 1);
if (!(PATIENCE > 0)) throw new Error(`SOLO_VM_PATIENCE is a factor above 0, not ${process.env['SOLO_VM_PATIENCE']}`);

/** A limit in ms, on this machine. */
export const patient = (ms: number): number => ms * PATIENCE;
