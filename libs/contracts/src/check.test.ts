import { describe, expect, it } from '@jest/globals';
import { checkEvent } from './check.ts';
import { EVENT_DEFINITIONS, TOPIC_NAMES } from './definitions.ts';
import { GOLDEN_EXAMPLES } from './examples/golden.ts';

describe.each(TOPIC_NAMES)('OPS-04 golden examples of %s', (topic) => {
  it.each(GOLDEN_EXAMPLES[topic].valid)('takes $name', ({ payload }) => {
    expect(checkEvent(topic, payload)).toEqual({ ok: true, event: payload });
  });

  it.each(GOLDEN_EXAMPLES[topic].invalid)('refuses $name and names the field', ({ payload, problem }) => {
    const checked = checkEvent(topic, payload);
    expect(checked).toMatchObject({ ok: false, problems: expect.arrayContaining([expect.stringContaining(problem)]) });
  });
});

describe('checkEvent', () => {
  it('lists every problem and never a value', () => {
    const checked = checkEvent('token-refreshed', { version: 'eyJ-looks-like-a-token', tenantId: 7 });
    expect(checked).toMatchObject({ ok: false });
    const text = JSON.stringify(checked);
    for (const field of ['tenantId', 'acdId', 'version', 'occurredAtMs']) expect(text).toContain(field);
    expect(text).not.toContain('eyJ');
  });

  it.each([null, 7, 'text', []])('refuses %p, which is no object', (payload) => {
    expect(checkEvent('task-ended', payload).ok).toBe(false);
  });
});

describe('event definitions', () => {
  it('name the topic in the type and key what must stay in order', () => {
    const owner = { acdId: 'acd-1', taskId: 'task-1', userId: 'user-1', teamId: 'team-1', queueId: 'queue-1' };
    for (const topic of TOPIC_NAMES) {
      const definition = EVENT_DEFINITIONS[topic];
      expect(definition.type).toBe(`wxcc-wfo.${topic}.v1`);
      const expected = definition.keyDescription
        .split(':')
        .map((field) => owner[field as keyof typeof owner])
        .join(':');
      expect(definition.key(owner as never)).toBe(expected);
    }
  });
});
