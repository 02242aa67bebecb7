export { type MqttAction, readMqttAction } from './mqtt-action.js';
export { mqttProbe, mqttProbe as default } from './mqtt-probe.js';
