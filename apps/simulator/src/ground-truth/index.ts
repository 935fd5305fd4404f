export {
  BLOCK_MS,
  channelOf,
  type DecodedMarker,
  decodeMarker,
  decodeMarkers,
  type Marker,
  SAMPLES_PER_BLOCK,
} from '../audio/marker.ts';
export type { ExpectedContact, ExpectedRecording, Span, TaskGroundTruth } from './types.ts';
