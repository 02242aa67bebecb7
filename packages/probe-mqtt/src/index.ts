export { type MqttAction, readMqttAction } from './mqtt-action.js';
export { default, mqttProbe } from './mqtt-probe.js';
