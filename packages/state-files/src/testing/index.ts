export { type Fault, faultyFiles } from './faulty-files.js';
