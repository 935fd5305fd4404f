import { describe, expect, it } from '@jest/globals';
import { decodeActivity, decodeTask, oldestFirst } from './task-decoder.ts';

const CREATED_MS = 1_700_000_000_000;
const task = (fields: object) => ({ id: 't1', createdTime: CREATED_MS, ...fields });

function decode(fields: object) {
  const unknown: string[] = [];
  const decoded = decodeTask(task(fields), 'tasks[3]', (field, value) => unknown.push(`${field}=${value}`));
  return { ...decoded, unknown };
}

describe('a task record', () => {
  it.each([
    ['telephony', null, 'voice'],
    ['chat', null, 'chat'],
    ['email', null, 'email'],
    ['social_channel', 'sms', 'sms'],
    ['social', 'whatsapp', 'social'],
    ['social_channel', 'facebook', 'social'],
    ['video', null, 'other'],
    ['customMessaging', null, 'other'],
    ['workItem', null, 'other'],
  ])('of channel type %s/%s is %s', (channelType, channelSubType, channel) => {
    expect(decode({ channelType, channelSubType })).toMatchObject({ channel, channelType, unknown: [] });
  });

  it('carries unknown values and reports them', () => {
    const carried = {
      channelType: 'hologram',
      channelSubType: 'holo-1',
      status: 'dreaming',
      terminationType: 'vanished',
      terminatingEnd: 'Robot',
      contactHandleType: 'levitated',
    };
    const decoded = decode({ ...carried, direction: 'sideways' });
    expect(decoded).toMatchObject({ ...carried, channel: 'other', direction: 'unknown' });
    expect(decoded.unknown.sort()).toEqual([
      'channelSubType=holo-1',
      'channelType=hologram',
      'contactHandleType=levitated',
      'direction=sideways',
      'status=dreaming',
      'terminatingEnd=Robot',
      'terminationType=vanished',
    ]);
  });

  it('knows the words that Webex’s documents and samples show, in any case', () => {
    for (const status of ['created', 'parked', 'connected', 'ended', 'new'])
      expect(decode({ status }).unknown).toEqual([]);
    for (const terminatingEnd of ['Customer', 'Agent', 'System', 'caller'])
      expect(decode({ terminatingEnd }).unknown).toEqual([]);
    const seen = { terminationType: 'sudden_disconnect', contactHandleType: 'short', channelSubType: 'SMS' };
    expect(decode({ ...seen, channelType: 'social' }).unknown).toEqual([]);
  });

  it('takes times as numbers or strings, and -1 as not yet', () => {
    expect(decode({ createdTime: '1700000000001', endedTime: -1 })).toMatchObject({
      createdAtMs: 1_700_000_000_001,
      endedAtMs: null,
      isActive: true,
    });
    expect(decode({ endedTime: String(CREATED_MS + 5), isActive: false })).toMatchObject({
      endedAtMs: CREATED_MS + 5,
      isActive: false,
    });
  });

  it('takes the last agent before the owner and drops things without an id', () => {
    const lastAgent = { id: 'a1', name: 'Ann', sessionId: 's1' };
    expect(decode({ lastAgent, owner: { id: 'a2', name: 'Bob' } }).agent).toEqual(lastAgent);
    expect(
      decode({ lastAgent: { id: null }, owner: { id: 'a2', name: 'Bob' }, lastQueue: { id: null } }),
    ).toMatchObject({ agent: { id: 'a2', name: 'Bob', sessionId: null }, queue: null, team: null });
  });

  it('names the field that it cannot use, but not the value', () => {
    expect(() => decodeTask({ id: 't1' }, 'tasks[3]', () => undefined)).toThrow(/nothing at tasks\[3\]\.createdTime/);
    expect(() => decode({ origin: { secret: 'tel' } })).toThrow(/object at tasks\[3\]\.origin, not a string/);
    expect(() => decode({ endedTime: 'tomorrow' })).toThrow(/tasks\[3\]\.endedTime/);
    expect(() => decode({ lastQueue: 'Sales' })).toThrow(/string at tasks\[3\]\.lastQueue, not an object/);
  });
});

describe('an activity', () => {
  const row = (fields: object) => ({ id: `t1-${CREATED_MS}-connected`, createdTime: CREATED_MS, ...fields });

  it('is unfinished when its duration is -1', () => {
    const activity = decodeActivity(row({ eventName: 'connected', duration: -1, endedTime: -1 }), 'n', () => undefined);
    expect(activity).toMatchObject({ kind: 'connected', durationMs: null, endedAtMs: null });
  });

  it('is ringing when Webex says connect', () => {
    expect(decodeActivity(row({ eventName: 'connect', duration: 10 }), 'n', () => undefined).kind).toBe('offered');
  });

  it('of an unknown event is carried under its own name', () => {
    const unknown: string[] = [];
    const id = `t1-${CREATED_MS}-teleported`;
    const activity = decodeActivity(row({ id, eventName: 'teleported' }), 'n', (field, value) =>
      unknown.push(`${field}=${value}`),
    );
    expect(activity).toMatchObject({ kind: 'unknown', sourceEvent: 'teleported' });
    expect(unknown).toEqual(['activity.eventName=teleported']);
  });

  it('does not take names of Object’s own for events', () => {
    const decoded = decodeActivity(row({ id: 'x', eventName: 'constructor' }), 'n', () => undefined);
    expect(decoded.kind).toBe('unknown');
  });

  it('keeps the reverse of Webex’s order within one millisecond', () => {
    const rows = ['c', 'b', 'a'].map((id) => decodeActivity(row({ id, eventName: 'new' }), 'n', () => undefined));
    expect(oldestFirst(rows).map((activity) => activity.activityId)).toEqual(['a', 'b', 'c']);
  });
});
