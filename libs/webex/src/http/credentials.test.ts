import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endpointsOf, recordingQuota, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { type Credentials, createApiKeyCredentials, createBearerCredentials } from './credentials.ts';
import { createTransport } from './transport.ts';

/** Worked out by `printf 'admin@tenant.example' | openssl dgst -sha1 -hmac 'k3y-of-1.0' -binary | base64`. */
const USERNAME = 'admin@tenant.example';
const API_KEY = 'k3y-of-1.0';
const SIGNATURE = 'kyfdumoLEwXsscDJU45a6LqnEco=';

describe('AUTH-07: username and API key', () => {
  it('signs the e-mail address with the key', async () => {
    expect(await createApiKeyCredentials({ username: USERNAME, apiKey: API_KEY }).authorize()).toEqual({
      headers: { from: USERNAME, authorization: SIGNATURE },
      secrets: [API_KEY, SIGNATURE, USERNAME],
    });
  });

  it('does not mind white space around what was pasted', async () => {
    const pasted = createApiKeyCredentials({ username: ` ${USERNAME}\n`, apiKey: `${API_KEY} ` });
    expect(await pasted.authorize()).toMatchObject({ headers: { authorization: SIGNATURE } });
  });

  it.each([
    ['a username that is no e-mail address', 'admin', API_KEY, /no e-mail address/],
    ['a line break within it', 'admin@tenant.example\r\nX-Other: 1', API_KEY, /no e-mail address/],
    ['an empty key', USERNAME, ' ', /API key of the connection is empty/],
  ])('refuses %s', (_, username, apiKey, text) => {
    expect(() => createApiKeyCredentials({ username, apiKey })).toThrow(text);
  });

  it('has nothing in it that a log could show', () => {
    const credentials = createApiKeyCredentials({ username: USERNAME, apiKey: API_KEY });
    const shown = JSON.stringify(credentials) + inspect(credentials, { depth: 9, showHidden: true });
    for (const secret of [API_KEY, SIGNATURE]) expect(shown).not.toContain(secret);
  });
});

describe('AUTH-07: one port for both', () => {
  let stub: WebexStub;
  beforeEach(async () => {
    stub = await startWebexStub();
  });
  afterEach(() => stub.close());

  const send = (credentials: Credentials) =>
    createTransport({
      hosts: endpointsOf(stub),
      budget: { quota: recordingQuota(), quotaKey: 'client-1', kind: 'sync' },
      credentials,
    }).call({ what: 'The test', operation: 'test', method: 'GET', url: `${stub.url}/aws/api/csrs` });

  it('sends From and Authorization without a bearer', async () => {
    stub.answer(() => ({ json: {} }));
    await send(createApiKeyCredentials({ username: USERNAME, apiKey: API_KEY }));
    expect(stub.requests[0]?.headers).toMatchObject({ from: USERNAME, authorization: SIGNATURE });
  });

  it('does not repeat a refused key, which cannot have changed; a bearer is asked for again', async () => {
    stub.answer(() => ({ status: 401 }));
    await expect(send(createApiKeyCredentials({ username: USERNAME, apiKey: API_KEY }))).rejects.toMatchObject({
      kind: 'unauthorized',
    });
    expect(stub.requests).toHaveLength(1);
    await expect(send(createBearerCredentials(async () => 'token'))).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(stub.requests).toHaveLength(3);
  });

  it('keeps key, signature and address out of errors although the server echoes them', async () => {
    stub.answer(() => ({ status: 403, json: { message: `No: ${USERNAME} ${API_KEY} ${SIGNATURE}` } }));
    const error: Error = await send(createApiKeyCredentials({ username: USERNAME, apiKey: API_KEY })).then(
      () => new Error('sent'),
      (caught) => caught,
    );
    expect(error.message).toContain('[removed]');
    for (const secret of [USERNAME, API_KEY, SIGNATURE]) expect(inspect(error)).not.toContain(secret);
  });
});
