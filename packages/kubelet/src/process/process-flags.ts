import { compileLate } from './compile-late.js';
import { limitYoungSpace } from './limit-young-space.js';

/** Sets the flags of V8 that a kubelet's process runs with: little memory for young objects, and functions optimised late. May be called again. */
export const setProcessFlags = (): void => {
  limitYoungSpace();
  compileLate();
};
