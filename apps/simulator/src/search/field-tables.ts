/** Leaf types of the tenant's records. `ChannelType` reads as text and filters as a bare enum value. */
export type LeafType = 'String' | 'Long' | 'Int' | 'Boolean' | 'Float' | 'JSON' | 'ChannelType';

/** Fields of one object: leaf name → type, or nested object. */
export interface FieldTable {
  [name: string]: LeafType | FieldTable;
}

function leaves(type: LeafType, names: string): FieldTable {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, type]));
}

const idName = leaves('String', 'id name');
const person: FieldTable = leaves('String', 'id name signInId sessionId phoneNumber channelId');
const customer = leaves('String', 'name phoneNumber email');

/** Contact session record: one task. */
export const taskFields: FieldTable = {
  ...leaves(
    'String',
    'id status channelSubType origin destination contactReason direction terminationType outdialType',
  ),
  ...leaves(
    'String',
    'cpaStatus recordingLocation preferredAgentSystemId preferredAgentName terminationReason sentiment',
  ),
  ...leaves('String', 'ivrScriptId ivrScriptName ivrScriptTagId ivrScriptTagName abandonedType contactHandleType'),
  ...leaves(
    'String',
    'firstQueueId firstQueueName terminatingEnd lastWrapUpCodeId lastWrapupCodeName botName autoCsat',
  ),
  ...leaves(
    'String',
    'emailBody emailContent emailContentType emailFullMessage emailMessageId emailRef emailReplyBody',
  ),
  ...leaves('String', 'emailReplyContentType emailBccList emailCcList emailReplyTo emailToList routingType campaignId'),
  ...leaves('String', 'campaignName campaignStatus flowActivityName flowActivitySequence matchedSkillsProfile'),
  ...leaves(
    'String',
    'skillsAssignedIn previousAgentId previousAgentSessionId previousAgentName recordingStereoBlobId',
  ),
  ...leaves('String', 'monitorFullName transferEpDN topicName contactDriver'),
  channelType: 'ChannelType',
  ...leaves('Long', 'createdTime endedTime emailDate totalDuration conferenceDuration consultDuration holdDuration'),
  ...leaves('Long', 'selfserviceDuration connectedDuration consultToQueueDuration wrapupDuration ringingDuration'),
  ...leaves('Long', 'queueDuration consultToEPDuration outdialConsultToEPDuration pausedDuration recordingFileSize'),
  ...leaves('Long', 'outdialConsultToQueueDuration monitoringTimestamp bargedInDuration totalBnrDuration'),
  ...leaves('Long', 'lastActivityTime postCallDuration'),
  ...leaves('Boolean', 'isActive isCampaign isCallback isHandledByPreferredAgent isEmailSent emailHasAttachments'),
  ...leaves('Boolean', 'captureRequested isTranscriptionAvailable isWithInServiceLevel isContactOffered isOutdial'),
  ...leaves(
    'Boolean',
    'isContactEscalatedToQueue isOptOutOfQueue isContactHandled isRecordingDeleted isMonitored isBarged',
  ),
  ...leaves('Int', 'abandonedSlCount agentHangupCount chainedInToEPCount chainedInToQueueCount epTransferToEPCount'),
  ...leaves(
    'Int',
    'fullMonitoringCount ivrEndedCount midcallMonitoringCount csatScore blindTransferCount conferenceCount',
  ),
  ...leaves(
    'Int',
    'consultCount holdCount selfserviceCount connectedCount consultToQueueCount transferCount queueCount',
  ),
  ...leaves('Int', 'consultToEPCount outdialConsultToEPCount agentToDnTransferCount agentToAgentTransferCount'),
  ...leaves(
    'Int',
    'callCompletedCount transferErrorCount outdialConsultToQueueCount outdialConsultCount overflowCount',
  ),
  ...leaves('Int', 'pausedCount queueTransferToEPCount queueTransferToQueueCount recordingCount recordingErrorCount'),
  ...leaves('Int', 'resumedCount shortInIVRCount shortInQueueCount silentMonitoringCount suddenDisconnectCount'),
  ...leaves('Int', 'totalMonitoringCount transferInToEPCount bargedInCount bargedInFailedCount agentTransferedInCount'),
  ...leaves('Int', 'agentToEntrypointTransferCount agentToQueueTransferCount manualAssignCount contactPriority'),
  ...leaves('JSON', 'globalVariables matchedSkills requiredSkills'),
  customer,
  channelMetaData: {
    email: leaves('String', 'subject metadata'),
    chat: leaves('String', 'chatReason'),
    ...leaves('String', 'inBoundTranscript outBoundTranscript'),
  },
  callbackData: {
    ...leaves('Long', 'callbackRequestTime callbackConnectTime'),
    ...leaves('String', 'callbackNumber callbackStatus callbackOrigin callbackType callbackQueueName'),
    ...leaves('String', 'callbackAgentName callbackTeamName'),
    callbackRetryCount: 'Int',
  },
  lastQueue: { ...idName, duration: 'Long' },
  lastSite: idName,
  lastTeam: idName,
  lastEntryPoint: idName,
  previousQueue: idName,
  lastAgent: person,
  owner: idName,
  feedback: {
    ...leaves('String', 'surveyOptIn type comment'),
    ...leaves('Int', 'questionsAnswered questionsPresented'),
    surveyCompleted: 'Boolean',
  },
};

/** What the product guide's sample requests select beyond the data dictionary. */
export function withSampleFields(table: FieldTable): FieldTable {
  const { email, ...channels } = table.channelMetaData as { [name: string]: FieldTable };
  return {
    ...table,
    entryPoint: idName,
    channelMetaData: { ...channels, email: { ...email, metaData: 'String' } },
  };
}

/** Contact activity record: one row of a task's life. */
export const activityFields: FieldTable = {
  ...leaves(
    'String',
    'id agentId agentName agentPhoneNumber agentSessionId agentChannelId entrypointId entrypointName',
  ),
  ...leaves(
    'String',
    'queueId queueName siteId siteName teamId teamName transferType activityType activityName eventName',
  ),
  ...leaves('String', 'previousState nextState consultEpId consultEpName childContactId childContactType'),
  ...leaves('String', 'destinationAgentId destinationAgentName destinationAgentSessionId destinationAgentChannelId'),
  ...leaves('String', 'destinationAgentTeamId destinationAgentTeamName destinationQueueName destinationQueueId'),
  ...leaves('String', 'terminationReason ivrScriptId ivrScriptName ivrScriptTagId ivrScriptTagName bnrMode'),
  ...leaves('String', 'skillsAssignedIn contactAssignmentType'),
  ...leaves('Boolean', 'isActive emailHasAttachments'),
  ...leaves('Long', 'createdTime endedTime duration destinationAgentPhoneNumber lastActivityTime'),
};

/** Contact leg record: one part of a task with a queue or an agent. */
export const legFields: FieldTable = {
  ...leaves('String', 'id taskId status contactState destination origin channelSubType direction ivrScriptId'),
  ...leaves('String', 'ivrScriptName ivrScriptTagId ivrScriptTagName terminatingEnd terminationReason'),
  ...leaves(
    'String',
    'preferredAgentSystemId preferredAgentName routingType callType lastWrapupCodeName abandonedType',
  ),
  ...leaves('String', 'handleType slaValue consultEpId consultEpName childContactId childContactType queuedTo'),
  ...leaves('String', 'matchedSkillsProfile skillsAssignedIn transferEpDN'),
  channelType: 'ChannelType',
  ...leaves('Long', 'createdTime endedTime lastActivityTime ringingDuration wrapupDuration optOutOfQueueTimestamp'),
  ...leaves('Long', 'connectedDuration holdDuration consultDuration outdialConsultDuration outdialConferenceDuration'),
  ...leaves('Long', 'conferenceDuration selfserviceDuration consultToQueueDuration outdialConsultToQueueDuration'),
  ...leaves('Long', 'handleTime consultToEPDuration outdialConsultToEPDuration postCallDuration queueDuration'),
  ...leaves('Boolean', 'isActive isWithinServiceLevel isHandledByPreferredAgent isOutdial isTaskLegHandled'),
  ...leaves('Boolean', 'isOptOutOfQueue isChildLeg'),
  ...leaves(
    'Int',
    'blindTransferCount transferCount queueCount transferErrorCount taskLegCount connectedCount holdCount',
  ),
  ...leaves('Int', 'outdialConsultCount outdialConferenceCount selfserviceCount consultToQueueCount consultCount'),
  ...leaves('Int', 'outdialConsultToQueueCount consultToEPCount outdialConsultToEPCount abandonedSlCount'),
  ...leaves('Int', 'agentToDnTransferCount agentTransferedInCount consultToQueueHandledCount manualAssignCount'),
  ...leaves('Int', 'outdialConsultToQueueHandledCount interQueueBlindTransferCount interQueueConsultTransferCount'),
  ...leaves('Int', 'consultSuccessCount conferenceSuccessCount blindTransferToAgentCount consultToAgentErrorCount'),
  ...leaves(
    'Int',
    'consultToQueueErrorCount outdialConsultToQueueErrorCount consultToEpErrorCount consultToDnErrorCount',
  ),
  ...leaves('JSON', 'matchedSkills requiredSkills'),
  entryPoint: idName,
  queue: { ...idName, duration: 'Long' },
  owner: person,
  site: idName,
  team: idName,
  customer,
  nextDestination: { agent: person, team: idName, queue: idName },
};

/** Agent session record: one sign-in of an agent. */
export const sessionFields: FieldTable = {
  ...leaves('String', 'agentId agentName agentSessionId agentSignOutReason userLoginId state siteId siteName teamId'),
  ...leaves('String', 'teamName orgId orgName multiMediaProfileType skillsProfile parentOrgId parentOrgName'),
  ...leaves('Long', 'startTime endTime'),
  isActive: 'Boolean',
  agentSkills: 'JSON',
};

/** States that a session's channel counts and times. */
const channelStates =
  'ringing outdialRinging idle available connected outdialConnected conference outdialConference consultAnswer consultRequest ' +
  'consult outdialConsult hold outdialHold notResponded outdialNotResponded wrapup outdialWrapup consultToQueue postCall';

/** One channel of an agent's session. */
export const channelFields: FieldTable = {
  ...leaves('String', 'channelId channelType subChannelType agentPhoneNumber currentState idleCodeName'),
  ...leaves('Long', 'totalDuration lastActivityTime totalReservationTime'),
  ...leaves(
    'Int',
    'disconnectedCount agentToAgentTransferCount blindTransferCount transferCount outdialCount reservationCount',
  ),
  ...Object.fromEntries(
    channelStates.split(' ').flatMap((state) => [
      [`${state}Count`, 'Int' as const],
      [`${state}Duration`, 'Long' as const],
    ]),
  ),
};

/** Agent activity record: one state of an agent on a channel. */
export const agentActivityFields: FieldTable = {
  ...leaves('String', 'id state taskId outboundType changedById changedByName contactAssignmentType'),
  ...leaves('Long', 'startTime endTime duration'),
  ...leaves('Boolean', 'isOutdial isCurrentActivity isLoginActivity isLogoutActivity'),
  idleCode: idName,
  wrapupCode: idName,
  queue: idName,
};

/** Fields that can be read but not filtered, by record, beside all of type JSON. */
export const unfilterable = {
  task: new Set(
    (
      'createdTime recordingLocation conferenceDuration consultDuration consultToQueueDuration consultToEPCount ' +
      'consultToEPDuration outdialConsultToEPDuration autoCsat'
    ).split(' '),
  ),
  activity: new Set(['bnrMode']),
  leg: new Set(['createdTime', 'endedTime']),
  session: new Set<string>(),
  agentActivity: new Set(['startTime', 'endTime']),
} as const;
