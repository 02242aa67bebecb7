export { type PodNetwork, providePodNetwork, supplyPodNetwork } from './supply-pod-network.js';
