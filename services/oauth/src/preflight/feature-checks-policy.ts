import { parseMetadataMapping } from '@wxcc-wfo/contracts';
import { byEye, type Check, fail, type Judgement, judged, pass, unknown } from './judgement-policy.ts';
import type { CaptureFacts, PreflightFacts } from './preflight-facts.ts';

/** What the guide’s features ask for: metadata, chat, SMS, complex calls, pause and resume, screens, WFM. */

const METADATA = 'Sync Metadata to Webex WFO › Prerequisites';
const COMPLEX = 'Complex call events › Prerequisites';
const SCREENS = 'Screen Recording › Prerequisites';
const CALL_TYPES = ['Customer segment', 'Consult'];

const only =
  (isNeeded: (facts: PreflightFacts) => boolean, otherwise: string, judge: (facts: PreflightFacts) => Judgement) =>
  (facts: PreflightFacts): Judgement =>
    isNeeded(facts) ? judge(facts) : pass(`Not needed: ${otherwise}`);

const withVoice = ({ acd }: PreflightFacts) => acd.qualityManagement.voice;
const withDigital = ({ acd }: PreflightFacts) => acd.qualityManagement.digital;
const withMappings = ({ acd }: PreflightFacts) => acd.metadataMappings.length > 0;
const withScreens = ({ acd }: PreflightFacts) => acd.rteMessaging;
const NO_VOICE = 'Voice is off.';
const NO_DIGITAL = 'Digital is off.';
const NO_MAPPINGS = 'no metadata is mapped.';
const NO_SCREENS = 'RTE messaging for screen recording is off.';

function judgeMappings({ acd }: PreflightFacts): Judgement {
  const wrong = acd.metadataMappings.flatMap(({ acdMetadataName }) => {
    const parsed = parseMetadataMapping(acdMetadataName);
    return parsed.ok ? [] : [`“${acdMetadataName}”: ${parsed.reason}`];
  });
  if (wrong.length === 0) return pass(`All ${acd.metadataMappings.length} mappings have the guide’s form.`);
  return fail(wrong.join(' '), 'Correct these mappings of the ACD.');
}

function judgeCallTypes({ acd }: PreflightFacts): Judgement {
  const mapped = new Set(acd.metadataMappings.map(({ acdMetadataName }) => acdMetadataName.trim().toLowerCase()));
  const missing = CALL_TYPES.filter((name) => !mapped.has(name.toLowerCase()));
  if (missing.length === 0) return pass('“Customer segment” and “Consult” are mapped to labels.');
  if (missing.length === 1) return fail(`“${missing[0]}” is not mapped, the other one is.`, 'Map both, or neither.');
  return unknown(
    'Neither “Customer segment” nor “Consult” is mapped, so that contacts do not show their call type.',
    'Map both to the call type label, or confirm that the call type is not wanted.',
  );
}

/** A recording flag of the organization, as far as the recordings of the last day tell. */
const judgeFlag =
  (o: { flag: string; seen(captures: CaptureFacts): boolean; due(captures: CaptureFacts): number; of: string }) =>
  (facts: PreflightFacts): Judgement =>
    judged(facts.calls, ({ captures }) =>
      judged(captures, (found) => {
        if (o.seen(found)) return pass(`Recordings of ${o.of} are there.`);
        const due = o.due(found);
        if (due > 0) {
          return fail(
            `${due} recorded call${due === 1 ? '' : 's'} of the last day had ${o.of}, but no recording of it is there.`,
            `Let Cisco support switch ${o.flag} on for the organization.`,
          );
        }
        return unknown(
          `No recorded call of the last day had ${o.of}.`,
          `Make a test call with ${o.of} and run the preflight again, or let Cisco support tell whether ${o.flag} is on.`,
        );
      }),
    );

function judgeWebhooks({ webhooks }: PreflightFacts): Judgement {
  return judged(webhooks, (ours) => {
    if (ours.length === 0) {
      return unknown(
        'Webex has no subscription of ours; polling finds everything, a little later.',
        'Set WEBHOOK_PUBLIC_BASE to a public https address of the services, or confirm that polling is enough.',
      );
    }
    const stopped = ours.find((one) => one.status.toLowerCase() !== 'active');
    if (stopped) {
      return fail(
        `Webex has stopped calling ${stopped.destinationUrl}.`,
        'Make that address reachable from the internet on port 443; the subscription is made anew by itself.',
      );
    }
    return pass(`Webex calls ${ours.map((one) => one.destinationUrl).join(', ')}.`);
  });
}

function judgeSmsQueue({ smsQueue }: PreflightFacts): Judgement {
  return judged(smsQueue, ({ exists, isComplete }) => {
    if (exists) return pass('There is a queue for SMS.');
    if (!isComplete)
      return unknown('Not every queue was looked at.', 'Look for a queue for SMS and confirm this check.');
    return unknown(
      'There is no queue for SMS.',
      'Configure a phone number as an SMS queue, or confirm that SMS is not used.',
    );
  });
}

export const FEATURE_CHECKS: readonly Check[] = [
  {
    id: 'webhook-address',
    title: 'Webex can call the webhook address',
    guideSection: 'Beyond the guide',
    judge: judgeWebhooks,
  },
  {
    id: 'mappings',
    title: 'The metadata mappings have the form that the guide asks for',
    guideSection: 'Sync Metadata to Webex WFO › Procedures',
    judge: only(withMappings, NO_MAPPINGS, judgeMappings),
  },
  {
    id: 'metadata-labels',
    title: 'Each mapped label exists in Metadata Manager with the type Text and a blank ACD Data field',
    guideSection: METADATA,
    judge: only(withMappings, NO_MAPPINGS, byEye('Look at each label in Metadata Manager.')),
  },
  {
    id: 'digital-ticked',
    title: 'Digital is on where chats or SMS are to be captured',
    guideSection: `Connect to Cisco Webex Contact Center 2.0 › Products Enabled`,
    judge: ({ acd }) =>
      acd.qualityManagement.digital
        ? pass('Digital is on.')
        : unknown('Digital is off: no chat and no SMS is captured.', 'Turn it on, or confirm that neither is wanted.'),
  },
  {
    id: 'agent-desktop',
    title: 'Agents use the Contact Center Desktop',
    guideSection: 'Chat Support › Prerequisites',
    judge: only(
      withDigital,
      NO_DIGITAL,
      byEye('Ask how agents handle chats and SMS; they end them with the End button.'),
    ),
  },
  {
    id: 'chat-widget',
    title: 'A chat widget is configured',
    guideSection: 'Chat Support › Prerequisites',
    judge: only(withDigital, NO_DIGITAL, byEye('Open the web site that has the widget and begin a chat.')),
  },
  {
    id: 'sms-queue',
    title: 'A phone number is configured as an SMS queue',
    guideSection: 'SMS Support › Prerequisites',
    judge: only(withDigital, NO_DIGITAL, judgeSmsQueue),
  },
  {
    id: 'segment-recording',
    title: 'The feature flag Segment Recording is on',
    guideSection: COMPLEX,
    judge: only(
      withVoice,
      NO_VOICE,
      judgeFlag({
        flag: 'Segment Recording',
        of: 'a transfer',
        seen: (captures) => captures.hasSegments,
        due: (captures) => captures.recordedWithTransfer,
      }),
    ),
  },
  {
    id: 'consult-leg-recording',
    title: 'The feature flag Consult Leg Recording is on',
    guideSection: COMPLEX,
    judge: only(
      withVoice,
      NO_VOICE,
      judgeFlag({
        flag: 'Consult Leg Recording',
        of: 'a consultation',
        seen: (captures) => captures.hasConsultLegs,
        due: (captures) => captures.recordedWithConsult,
      }),
    ),
  },
  {
    id: 'complex-calls-access',
    title: 'Cisco has given access to complex call events',
    guideSection: COMPLEX,
    judge: only(withVoice, NO_VOICE, byEye('Ask the Cisco account manager, if it is not generally available yet.')),
  },
  {
    id: 'rtms',
    title: 'RTMS is enabled for the organization',
    guideSection: COMPLEX,
    judge: only(withVoice, NO_VOICE, byEye('Ask Cisco technical support.')),
  },
  {
    id: 'call-type-labels',
    title: '“Customer segment” and “Consult” are mapped to the call type label',
    guideSection: 'Complex call events › Map metadata in Webex WFO',
    judge: only(withVoice, NO_VOICE, judgeCallTypes),
  },
  {
    id: 'pause-resume',
    title: 'Cisco has enabled pause and resume',
    guideSection: 'Available Features › Pause and resume',
    judge: only(withVoice, NO_VOICE, byEye('Ask the Cisco account manager, if recordings are to be paused.')),
  },
  {
    id: 'rte-messaging',
    title: 'RTE messaging is on where screens are to be recorded',
    guideSection: SCREENS,
    judge: ({ acd }) =>
      acd.rteMessaging
        ? pass('It is on.')
        : unknown('It is off: no screen is recorded.', 'Turn it on, or confirm that screens are not recorded.'),
  },
  {
    id: 'smart-desktop',
    title: 'Smart Desktop runs on the agents’ PCs and uses RTE messaging',
    guideSection: SCREENS,
    judge: only(withScreens, NO_SCREENS, byEye('Look at one PC of each kind that agents use.')),
  },
  {
    id: 'screen-recording-users',
    title: 'Recorded users are active, have a role with Capture Contacts and Record Screen, and their Windows login',
    guideSection: SCREENS,
    judge: only(withScreens, NO_SCREENS, byEye('Look at the users of sync that are to be recorded (GET /v1/users).')),
  },
  {
    id: 'wfm-super-administrator',
    title: 'Who connects WFM is super administrator there',
    guideSection: 'Connect WFM to Cisco Webex Contact Center 2.0 › Prerequisites',
    judge: byEye(
      'Without WFM nothing is to do. With it: look at the role in WFM, and note API URL, server id and tenant id.',
    ),
  },
];
