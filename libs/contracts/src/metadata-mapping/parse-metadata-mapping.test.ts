import { describe, expect, it } from '@jest/globals';
import { formatMetadataMapping, parseMetadataMapping, SAMPLE_REQUEST_OPTIONS } from './index.ts';

const PREFIXES = ['task', 'taskDetails'] as const;

/** The guide's "task metadata options in a sample request", line by line; the one of taskDetails names the same. */
const PLAIN = `id status channelType createdTime endedTime origin destination contactReason direction terminationType
  channelSubType isActive isCallback recordingLocation lastWrapupCodeName totalDuration csatScore blindTransferCount
  conferenceCount conferenceDuration consultCount consultDuration holdCount holdDuration selfserviceCount
  selfserviceDuration connectedCount connectedDuration consultToQueueCount consultToQueueDuration transferCount
  wrapupDuration ringingDuration queueDuration queueCount captureRequested`.split(/\s+/);
const TWO_LEVELS = `owner.id owner.name entryPoint.id entryPoint.name customer.name customer.phoneNumber customer.email
  callbackData.callbackRequestTime callbackData.callbackConnectTime callbackData.callbackNumber
  callbackData.callbackStatus callbackData.callbackOrigin callbackData.callbackType lastQueue.id lastQueue.name
  lastSite.id lastSite.name lastTeam.id lastTeam.name lastEntryPoint.id lastEntryPoint.name`.split(/\s+/);
const THREE_LEVELS = ['channelMetaData.email.subject', 'channelMetaData.email.metaData'];

const refusalOf = (name: string) => {
  const result = parseMetadataMapping(name);
  if (result.ok) throw new Error(`${name} was accepted`);
  return result;
};

describe('CAP-04 the options of the guide’s two sample requests', () => {
  const options = PREFIXES.flatMap((prefix) =>
    [...PLAIN, ...TWO_LEVELS, ...THREE_LEVELS].map((field) => ({ prefix, field, name: `${prefix}.${field}` })),
  );

  it('CAP-04 are 118: under each prefix 36 plain, 21 of two levels and 2 of three', () => {
    expect([PLAIN.length, TWO_LEVELS.length, THREE_LEVELS.length, options.length]).toEqual([36, 21, 2, 118]);
    expect([...SAMPLE_REQUEST_OPTIONS].sort()).toEqual(options.map(({ name }) => name).sort());
  });

  it.each(options)('CAP-04 option $name is accepted', ({ prefix, field, name }) => {
    const result = parseMetadataMapping(name);
    expect(result).toEqual({ ok: true, mapping: { kind: 'field', prefix, path: field.split('.') } });
  });
});

describe('CAP-04 fields of the published data dictionary beside the samples', () => {
  it.each(['taskDetails.terminationReason', 'task.lastAgent.name', 'taskDetails.topicName', 'task.sentiment'])(
    'CAP-04 %s is accepted',
    (name) => expect(parseMetadataMapping(name)).toMatchObject({ ok: true, mapping: { kind: 'field' } }),
  );
});

describe('CAP-04 global variables <prefix>.<Name>:<Type>', () => {
  it.each(
    PREFIXES.flatMap((prefix) =>
      (['String', 'Integer', 'Long', 'Double', 'Boolean'] as const).map((type) => ({ prefix, type })),
    ),
  )('CAP-04 $prefix.Global_VoiceName:$type is accepted', ({ prefix, type }) => {
    const result = parseMetadataMapping(`${prefix}.Global_VoiceName:${type}`);
    expect(result).toEqual({ ok: true, mapping: { kind: 'global-variable', prefix, name: 'Global_VoiceName', type } });
  });

  it.each(['task.queues:String', 'task.channelType:String', 'task.1st-Choice:Long', 'task.Größe_x:Double'])(
    'CAP-04 %s is a global variable of that name, whatever a field may be called',
    (name) => expect(parseMetadataMapping(name)).toMatchObject({ ok: true, mapping: { kind: 'global-variable' } }),
  );
});

describe('CAP-04 the literals, which map the call type', () => {
  it.each(['Customer segment', 'Consult'] as const)('CAP-04 "%s" is accepted', (callType) =>
    expect(parseMetadataMapping(callType)).toEqual({ ok: true, mapping: { kind: 'call-type', callType } }),
  );
});

describe('CAP-04 the lists are refused by name (guide: "Unsupported arrays", and task.queue)', () => {
  it.each(
    [
      ['queues', 'lastQueue.name'],
      ['sites', 'lastSite.name'],
      ['teams', 'lastTeam.name'],
      ['contributors', 'owner.name'],
      ['entryPoints', 'lastEntryPoint.name'],
      ['queue', 'lastQueue.name'],
    ].flatMap(([list, instead]) => PREFIXES.map((prefix) => ({ prefix, list, instead }))),
  )('CAP-04 $prefix.$list', ({ prefix, list, instead }) => {
    const refused = {
      ok: false,
      position: prefix.length + 2,
      reason: `${list} is a list, and lists are not supported; ${prefix}.${instead} tells the last one.`,
      suggestion: `${prefix}.${instead}`,
    };
    expect(parseMetadataMapping(`${prefix}.${list}`)).toEqual(refused);
    expect(parseMetadataMapping(`${prefix}.${list}.name`)).toEqual(refused);
  });
});

describe('CAP-04 a bare object is refused naming its children', () => {
  it.each([
    ['owner', 'task.owner.id, task.owner.name'],
    ['entryPoint', 'task.entryPoint.id, task.entryPoint.name'],
    ['customer', 'task.customer.name, task.customer.phoneNumber, task.customer.email'],
    ['channelMetaData', 'task.channelMetaData.email.subject, task.channelMetaData.email.metaData'],
    ['channelMetaData.email', 'task.channelMetaData.email.subject, task.channelMetaData.email.metaData'],
    [
      'callbackData',
      'task.callbackData.callbackRequestTime, task.callbackData.callbackConnectTime, ' +
        'task.callbackData.callbackNumber, task.callbackData.callbackStatus, ' +
        'task.callbackData.callbackOrigin, task.callbackData.callbackType',
    ],
    ['lastQueue', 'task.lastQueue.id, task.lastQueue.name'],
    ['lastSite', 'task.lastSite.id, task.lastSite.name'],
    ['lastTeam', 'task.lastTeam.id, task.lastTeam.name'],
    ['lastEntryPoint', 'task.lastEntryPoint.id, task.lastEntryPoint.name'],
  ])('CAP-04 task.%s', (object, children) => {
    const { reason } = refusalOf(`task.${object}`);
    expect(reason).toBe(`${object} is an object without a value of its own; map one of ${children}.`);
  });
});

describe('CAP-04 every refusal has a position (from 1), a reason and, for a near miss, a suggestion', () => {
  it.each([
    ['', 1, 'It is empty', undefined],
    [' ', 1, 'space', undefined],
    ['task', 5, 'Nothing follows the prefix task', undefined],
    ['taskDetails.', 12, 'Nothing follows the prefix taskDetails', undefined],
    // Prefixes
    ['Task.channelType', 1, 'begins neither', 'task.channelType'],
    ['taskdetails.origin', 1, 'begins neither', 'taskDetails.origin'],
    ['taskDetail.origin', 1, 'begins neither', 'taskDetails.origin'],
    ['channelType', 1, 'begins neither', 'taskDetails.channelType'],
    ['owner.name', 1, 'begins neither', 'taskDetails.owner.name'],
    ['Global_VoiceName:String', 1, 'begins neither', 'task.Global_VoiceName:String'],
    ['agentSession.agentName', 1, 'begins neither', undefined],
    // Fields are case-sensitive; a slip or two away gets a suggestion
    ['taskDetails.channeltype', 13, 'channeltype is no field', 'taskDetails.channelType'],
    ['taskDetails.channelTy', 13, 'channelTy is no field', 'taskDetails.channelType'],
    ['taskDetails.chanelType', 13, 'chanelType is no field', 'taskDetails.channelType'],
    ['task.orgiin', 6, 'orgiin is no field', 'task.origin'],
    ['task.ID', 6, 'ID is no field', 'task.id'],
    ['task.owner.nam', 12, 'owner has no field nam', 'task.owner.name'],
    ['task.channelMetaData.email.metadata', 28, 'has no field metadata', 'task.channelMetaData.email.metaData'],
    ['task.phoneNumbr', 6, 'phoneNumbr is no field', undefined],
    ['task.callbackNumber', 6, 'callbackNumber is no field', 'task.callbackData.callbackNumber'],
    ['task.Queues', 6, 'Queues is no field', 'task.lastQueue.name'],
    ['Task.chanelType', 1, 'begins neither', 'task.channelType'],
    ['task.nothingLikeIt', 6, 'task.nothingLikeIt:String', undefined],
    ['task.__proto__', 6, '__proto__ is no field', undefined],
    ['task.constructor.name', 6, 'constructor is no field', undefined],
    // Levels
    ['task..origin', 6, 'missing between or behind periods', 'task.origin'],
    ['task.owner.', 12, 'missing between or behind periods', undefined],
    ['task.origin.name', 12, 'origin has one value', 'task.origin'],
    ['task.owner.name.first', 16, 'owner.name has one value', 'task.owner.name'],
    // No spaces
    ['task.channel Type', 13, 'space', 'task.channelType'],
    [' task.origin', 1, 'space', 'task.origin'],
    ['task.origin\t', 12, 'space', 'task.origin'],
    ['task.\u00a0origin', 6, 'space', 'task.origin'],
    ['task.Global_Voice Name:String', 18, 'space', 'task.Global_VoiceName:String'],
    // Global variables
    ['task.Global_VoiceName', 6, 'needs its data type', 'task.Global_VoiceName:String'],
    ['task.Global_VoiceName:', 23, 'data type is missing', undefined],
    ['task.Global_VoiceName:string', 23, 'string is no data type', 'task.Global_VoiceName:String'],
    ['task.Global_VoiceName:Int', 23, 'Int is no data type', 'task.Global_VoiceName:Integer'],
    ['task.Global_VoiceName:Bool', 23, 'Bool is no data type', 'task.Global_VoiceName:Boolean'],
    ['task.X:stringGlobalVariables', 8, 'is no data type', 'task.X:String'],
    ['task.X:Date', 8, 'Date is no data type', undefined],
    ['task.X:String:String', 8, 'String:String is no data type', undefined],
    ['task.:String', 6, 'name of the global variable is missing', undefined],
    ['task.a"){id}:String', 7, "can't be in the name", undefined],
    ['task.a.b:String', 7, 'has no levels', undefined],
    ['task.owner.name:String', 11, 'has no levels', 'task.owner.name'],
    ['task.stringGlobalVariables', 6, 'by its own name and data type', undefined],
    // Literals
    ['customer segment', 1, 'not exactly, "Customer segment"', 'Customer segment'],
    ['Customer Segment', 10, 'not exactly, "Customer segment"', 'Customer segment'],
    ['Customer  segment', 10, 'not exactly, "Customer segment"', 'Customer segment'],
    ['CustomerSegment', 9, 'not exactly, "Customer segment"', 'Customer segment'],
    ['consult', 1, 'not exactly, "Consult"', 'Consult'],
    ['Consult ', 8, 'not exactly, "Consult"', 'Consult'],
    ['Something else', 10, 'space', undefined],
  ] as const)('CAP-04 refused: %j', (name, position, reason, suggestion) => {
    const refusal = refusalOf(name);
    expect(refusal).toEqual({
      ok: false,
      position,
      reason: expect.stringContaining(reason),
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  });

  it('CAP-04 refused: longer than any name can be', () =>
    expect(refusalOf(`task.${'x'.repeat(300)}`)).toMatchObject({
      position: 301,
      reason: expect.stringContaining('300'),
    }));
});

describe('CAP-04 a mapping gives the name back that it was read from', () => {
  it.each(['task.origin', 'taskDetails.channelMetaData.email.subject', 'task.A:Long', 'Customer segment', 'Consult'])(
    'CAP-04 %s',
    (name) => {
      const result = parseMetadataMapping(name);
      expect(result.ok && formatMetadataMapping(result.mapping)).toBe(name);
    },
  );
});
