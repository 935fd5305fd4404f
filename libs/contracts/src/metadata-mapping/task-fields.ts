/**
 * The fields of a task that can be mapped to a metadata label (CAP-04), in the order of the guide's page "Custom
 * metadata": the two sample requests, `task` and `taskDetails`, name the same ones.
 */

/** A field with one value, or an object with fields of its own. */
export interface FieldTree {
  readonly [field: string]: 'value' | FieldTree;
}

/** How the guide names where a field was found; both read the same task. */
export const MAPPING_PREFIXES = ['task', 'taskDetails'] as const;
export type MappingPrefix = (typeof MAPPING_PREFIXES)[number];

const values = (fields: string): FieldTree => Object.fromEntries(fields.split(' ').map((field) => [field, 'value']));

/** What stands between `tasks {` and `}` in the guide's sample requests. */
export const SAMPLE_REQUEST_FIELDS: FieldTree = {
  ...values('id status channelType createdTime endedTime origin destination contactReason direction'),
  owner: values('id name'),
  entryPoint: values('id name'),
  ...values('terminationType channelSubType'),
  customer: values('name phoneNumber email'),
  ...values('isActive isCallback'),
  channelMetaData: { email: values('subject metaData') },
  callbackData: values(
    'callbackRequestTime callbackConnectTime callbackNumber callbackStatus callbackOrigin callbackType',
  ),
  ...values('recordingLocation lastWrapupCodeName'),
  lastQueue: values('id name'),
  lastSite: values('id name'),
  lastTeam: values('id name'),
  lastEntryPoint: values('id name'),
  ...values('totalDuration csatScore blindTransferCount conferenceCount conferenceDuration'),
  ...values('consultCount consultDuration holdCount holdDuration selfserviceCount selfserviceDuration'),
  ...values('connectedCount connectedDuration consultToQueueCount consultToQueueDuration transferCount'),
  ...values('wrapupDuration ringingDuration queueDuration queueCount captureRequested'),
};

/**
 * Fields that the Search API's published data dictionary has beside them. Left out: lists, JSON, texts of messages
 * (those are contents and no metadata) and what counts a queue's or entry point's traffic rather than telling a call.
 */
const FURTHER_FIELDS: FieldTree = {
  ...values('lastActivityTime terminationReason terminatingEnd abandonedType contactHandleType outdialType cpaStatus'),
  ...values('isOutdial isCampaign isContactHandled isContactOffered isWithInServiceLevel isOptOutOfQueue isMonitored'),
  ...values('isBarged isRecordingDeleted isTranscriptionAvailable isHandledByPreferredAgent'),
  ...values('lastWrapUpCodeId firstQueueId firstQueueName routingType matchedSkillsProfile contactPriority'),
  ...values('ivrScriptId ivrScriptName ivrScriptTagId ivrScriptTagName flowActivityName botName'),
  ...values('campaignId campaignName campaignStatus preferredAgentName preferredAgentSystemId monitorFullName'),
  ...values('previousAgentId previousAgentName previousAgentSessionId transferEpDN'),
  ...values('autoCsat sentiment topicName contactDriver'),
  ...values('agentToAgentTransferCount agentToQueueTransferCount agentToEntrypointTransferCount'),
  ...values('agentToDnTransferCount pausedCount pausedDuration recordingCount bargedInCount bargedInDuration'),
  previousQueue: values('id name'),
  lastAgent: values('id name signInId sessionId phoneNumber channelId'),
  feedback: values('surveyOptIn type questionsAnswered questionsPresented surveyCompleted comment'),
};

export const MAPPABLE_FIELDS: FieldTree = { ...SAMPLE_REQUEST_FIELDS, ...FURTHER_FIELDS };

/** The guide's table "Unsupported arrays", and `task.queue`, with the fields that tell the last of each. */
export const LISTS: Readonly<Record<string, string>> = {
  queues: 'lastQueue',
  sites: 'lastSite',
  teams: 'lastTeam',
  contributors: 'owner',
  entryPoints: 'lastEntryPoint',
  queue: 'lastQueue',
};

/** Every dotted name of a tree that has one value. */
export function pathsOf(tree: FieldTree, above = ''): string[] {
  return Object.entries(tree).flatMap(([field, below]) =>
    below === 'value' ? [above + field] : pathsOf(below, `${above}${field}.`),
  );
}

/** The 118 options of the guide's sample requests: 59 fields under each prefix. */
export const SAMPLE_REQUEST_OPTIONS: readonly string[] = MAPPING_PREFIXES.flatMap((prefix) =>
  pathsOf(SAMPLE_REQUEST_FIELDS, `${prefix}.`),
);
