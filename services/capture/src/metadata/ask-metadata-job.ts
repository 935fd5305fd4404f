import { type AcdChanged, keyOfMetadataField } from '@wxcc-wfo/contracts';
import type { Logger } from '@wxcc-wfo/service-kit';
import type { MetadataQuestion } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { instruments } from '../telemetry.ts';
import { fieldsOf, isLeftOut, readMappings } from './metadata-policy.ts';
import { readNotOffered, recordNotOffered } from './not-offered-repository.ts';

export interface AskMetadataDeps {
  pool: Pool;
  nowMs(): number;
  logger: Logger;
}

export interface MetadataAsking {
  /** For the options of a reading: empty where nothing is mapped. Good for several readings one after the other. */
  options: { metadata?: MetadataQuestion };
  /** Writes down what was refused meanwhile. Never throws: what was not written is refused, and learned, again. */
  settle(): Promise<void>;
}

export type AskMetadataJob = (acd: AcdChanged) => Promise<MetadataAsking>;

/** Prepares the question for an ACD's mapped fields, without those that its API is known not to have (CAP-04). */
export function createAskMetadataJob(deps: AskMetadataDeps): AskMetadataJob {
  return async function askMetadata(acd) {
    const mapped = fieldsOf(readMappings(acd.metadataMappings));
    if (mapped.size === 0) return { options: {}, settle: async () => {} };
    const nowMs = deps.nowMs();
    const known = await readNotOffered(deps.pool, acd.acdId);
    for (const key of mapped.keys()) if (isLeftOut(known.get(key), nowMs)) mapped.delete(key);
    const refused = new Map<string, string>();
    const question: MetadataQuestion = {
      get fields() {
        return [...mapped.values()];
      },
      onNotOffered(field, reason) {
        const key = keyOfMetadataField(field);
        mapped.delete(key);
        refused.set(key, reason);
        instruments.notOffered.add(1, { acd: acd.acdId });
        deps.logger.warn(
          { acdId: acd.acdId, field: key, reason },
          'the ACD’s API does not offer a mapped metadata field; tasks are read without it',
        );
      },
    };
    return {
      options: { metadata: question },
      async settle() {
        if (refused.size === 0) return;
        const answered = new Map(refused);
        try {
          await recordNotOffered(deps.pool, acd, { refused: answered, atMs: deps.nowMs() });
          for (const key of answered.keys()) refused.delete(key);
        } catch (error) {
          deps.logger.warn({ err: error, acdId: acd.acdId }, 'fields that are not offered could not be written down');
        }
      },
    };
  };
}
