import { decodePodRecord } from '../src/file-status-store.js';
import type { PodRecord } from '../src/status-store.js';

/** A record as the next process of a kubelet reads it from its file. @throws Error for one that it would set aside */
export const asKept = (record: PodRecord): PodRecord => decodePodRecord(JSON.stringify({ version: 1, ...record }));
