/** What is wrong with a Windows login, and what to give instead. */
export interface LoginRefusal {
  reason: string;
  remedy: string;
}

const USER_MOST = 64;
const DOMAIN_MOST = 255;
// What Windows forbids in an account name; the at sign and the backslash part user and domain.
const FORBIDDEN_IN_USER = /["/\\[\]:;|=,+*?<>@]/;
const DOMAIN = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const FORMS = 'Give DOMAIN\\user, user@domain or the plain user name, as the agent signs in to Windows.';

/**
 * A Windows login as it is stored: `DOMAIN\user`, `user@domain` or the plain user name, without the spaces around it,
 * its case as it was typed (Windows ignores case, and so does the comparison). Null takes the login away.
 * Screen recording finds the user by it (SCR-04), so what can be no login is refused.
 */
export function parseWindowsLogin(
  text: string | null,
): { ok: true; login: string | null } | { ok: false; refusal: LoginRefusal } {
  if (text === null) return { ok: true, login: null };
  const login = text.trim();
  const reason = reasonAgainst(login);
  return reason === undefined ? { ok: true, login } : { ok: false, refusal: { reason, remedy: FORMS } };
}

function reasonAgainst(login: string): string | undefined {
  if (login === '') return 'It is empty; null takes the login away.';
  if (CONTROL.test(login)) return 'It holds a control character.';
  const slash = login.indexOf('\\');
  const at = login.lastIndexOf('@');
  if (slash >= 0 && at >= 0) return 'It names the domain twice, before a backslash and after an at sign.';
  if (slash >= 0) return reasonAgainstParts(login.slice(slash + 1), login.slice(0, slash));
  if (at >= 0) return reasonAgainstParts(login.slice(0, at), login.slice(at + 1));
  return reasonAgainstUser(login);
}

function reasonAgainstParts(user: string, domain: string): string | undefined {
  if (domain === '') return 'The domain is missing.';
  if (domain.length > DOMAIN_MOST) return `The domain is longer than ${DOMAIN_MOST} characters.`;
  // `.\user` is the computer's own account: it is no person's, every computer has one of that name.
  if (domain === '.')
    return 'A dot stands for the computer itself; the same login would mean another person elsewhere.';
  if (!DOMAIN.test(domain)) return 'The domain holds a character that no domain has.';
  return reasonAgainstUser(user);
}

function reasonAgainstUser(user: string): string | undefined {
  if (user === '') return 'The user name is missing.';
  if (user.length > USER_MOST) return `The user name is longer than ${USER_MOST} characters.`;
  if (FORBIDDEN_IN_USER.test(user)) return 'The user name holds a character that Windows forbids in it.';
  if (user !== user.trim()) return 'The user name has a space at its beginning or end.';
  if (/^[. ]+$/.test(user) || user.endsWith('.')) return 'The user name ends with a dot, which Windows forbids.';
  return undefined;
}
