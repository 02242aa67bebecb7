export { runCniCommand } from './run-cni-command.js';
