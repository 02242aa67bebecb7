export { type MqttAction, readMqttAction } from './mqtt-action.js';
export { createMqttProbe, type MqttProbeOptions, mqttProbe, mqttProbe as default } from './mqtt-probe.js';
