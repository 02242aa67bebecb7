export { deriveServiceRecords, type ServiceRecord, type ServiceRecords, type ServiceRecordsInput } from './core/dns-records.js';
