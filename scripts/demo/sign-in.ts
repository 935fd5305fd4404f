/**
 * What the administrator’s browser does: it opens the authorization URL, which gives it a cookie and sends it on to the
 * login page (the simulated tenant’s approves by itself), and comes back to the bridge with that cookie.
 */
export async function signIn(authorizationUrl: string): Promise<void> {
  const opened = await fetch(authorizationUrl, { redirect: 'manual' });
  const login = opened.headers.get('location');
  const cookie = opened.headers.get('set-cookie')?.split(';')[0];
  if (!login || !cookie) throw new Error(`The authorization URL answered ${opened.status}: ${await opened.text()}`);
  const approved = await fetch(login, { redirect: 'manual' });
  const callback = approved.headers.get('location');
  if (!callback) throw new Error(`The login page answered ${approved.status} without a redirect.`);
  const answer = await fetch(callback, { headers: { cookie } });
  if (!answer.ok) throw new Error(`The authorization was refused: ${await answer.text()}`);
}
