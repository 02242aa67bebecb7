export { nestsDeeper } from './nests-deeper.js';
export { MAX_YAML_LEVELS, type YamlFault, type YamlReaders, yamlFault } from './yaml-fault.js';
