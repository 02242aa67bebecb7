export { type NodeEvent, nodeEvents, STARTING_EVENT, schedulableEvent } from '../core/node-events.js';
