export { type ImportOptions, type ImportTarget, importImages } from '../containerd/import-images.js';
export { type CtrOptions, runCtr } from '../containerd/run-ctr.js';
export { skopeoTarget } from '../images/skopeo-target.js';
export { unusedImages } from '../images/unused-images.js';
