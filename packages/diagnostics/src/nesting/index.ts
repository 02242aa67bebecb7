export { boundedValue, jsonNestsDeeper, MAX_JSON_LEVELS, parseBoundedJson } from './bounded-json.js';
export { nestsDeeper } from './nests-deeper.js';
export { checkYaml, MAX_YAML_LEVELS, type YamlFault, type YamlFaultOptions, type YamlReaders, yamlFault } from './yaml-fault.js';
