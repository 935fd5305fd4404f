export {
  formatMetadataMapping,
  keyOfMetadataField,
  LONGEST_ACD_METADATA_NAME,
  MAPPED_CALL_TYPES,
  type MappedCallType,
  type MetadataField,
  type MetadataMappingResult,
  type ParsedMapping,
  parseMetadataMapping,
} from './parse-metadata-mapping.ts';
export type { FieldMapping } from './read-field.ts';
export { GLOBAL_VARIABLE_TYPES, type GlobalVariableMapping, type GlobalVariableType } from './read-global-variable.ts';
export { MAPPING_PREFIXES, type MappingPrefix, SAMPLE_REQUEST_OPTIONS } from './task-fields.ts';
