import {
  byEye,
  type Check,
  fail,
  isForbidden,
  type Judgement,
  judged,
  pass,
  unknown,
  wasReached,
} from './judgement-policy.ts';
import type { PreflightFacts } from './preflight-facts.ts';
import { ROLE_CHECKS } from './role-checks-policy.ts';

/** The guide’s “Configure Cisco Webex Contact Center” and “Connect to …” as checks. */

const CONFIGURE = 'Configure Cisco Webex Contact Center';
const CONNECT = 'Connect to Cisco Webex Contact Center 2.0';
const ROLES_SECTION = `${CONFIGURE} › Assign roles and permissions`;
/** A minute: Webex’s windows and our leases bear that much. */
const MAX_SKEW_MS = 60_000;
const WEBEX_ROLE = 'the service role “Contact center service admin” or, if that is not enough, “Full admin”';

const SIGN_IN = 'POST /v1/acds/{acdId}/authorization-requests, open the URL and sign in as the ACD’s administrator.';

function judgeAuthorized({ acd, tokenProblem }: PreflightFacts): Judgement {
  if (acd.authorization !== 'authorized') {
    const next = acd.authorizesBy === 'oauth' ? SIGN_IN : 'Save the ACD with its API key.';
    return fail(`Its state is ${acd.authorization}.`, next);
  }
  if (tokenProblem !== null) {
    return fail(tokenProblem, `Look at GET /v1/acds/{acdId}/health. If it does not heal by itself: ${SIGN_IN}`);
  }
  return pass(acd.authorizesBy === 'oauth' ? 'Its administrator signed in.' : 'It has its API key.');
}

function judgeOrganization({ acd, token, person }: PreflightFacts): Judgement {
  return judged(token, ({ orgId }) => {
    const told = orgId ?? (person.state === 'answered' ? person.value.orgId : null);
    if (told === null) return unknown('Neither the token nor Webex names an organization.', 'Compare it and confirm.');
    if (told.toLowerCase() === acd.webexOrgId.toLowerCase()) return pass(`The token is of the organization ${told}.`);
    return fail(
      `The ACD is configured for the organization ${acd.webexOrgId}, the token is of ${told}.`,
      'Correct the ACD’s tenant id, or authorize it with an administrator of that organization.',
    );
  });
}

function judgeAccount({ acd, person }: PreflightFacts): Judgement {
  return judged(person, ({ emails }) =>
    emails.some((email) => email.toLowerCase() === acd.username.toLowerCase())
      ? pass(`${acd.username} authorized it.`)
      : fail(
          `The ACD is configured for ${acd.username}, but ${emails.join(', ') || 'an account without an address'} authorized it.`,
          'Authorize it again in a private browser window as the configured account, or correct the ACD’s username.',
        ),
  );
}

function judgeReach({ acd, account, calls, webhooks }: PreflightFacts): Judgement {
  const asked = [account, calls, webhooks];
  if (asked.some(wasReached)) return pass(`${acd.apiUrl} answers.`);
  const failed = asked.find((one) => wasReached(one) === false);
  if (failed?.state === 'failed') {
    return fail(failed.reason, 'Check the API URL, WEBEX_ALLOWED_HOSTS, and the way out of this network to Webex.');
  }
  return judged(account, () => pass('It answered.'));
}

function judgeApiAccess({ account, calls, webhooks }: PreflightFacts): Judgement {
  if ([account, calls, webhooks].some(isForbidden)) {
    return fail('The API refuses the account.', `Give the account ${WEBEX_ROLE} in Control Hub (Users).`);
  }
  if (account.state === 'answered' && calls.state === 'answered') {
    return pass('The configuration and the Search API answered the account.');
  }
  return judged(account.state === 'answered' ? calls : account, () => pass('It answered.'));
}

function judgeMediaAccess({ acd, calls }: PreflightFacts): Judgement {
  if (acd.mediaApiUrl !== null) {
    return unknown(
      `The Media API ${acd.mediaApiUrl} is only asked for recordings.`,
      'Import one recording, or open the Media API with the account’s key, and confirm this check.',
    );
  }
  return judged(calls, ({ captures }) => {
    if (isForbidden(captures)) {
      return fail('The captures API refuses the account.', `Give the account ${WEBEX_ROLE} in Control Hub (Users).`);
    }
    return judged(captures, () => pass('The captures API answered the account.'));
  });
}

function judgeRoles(facts: PreflightFacts): Judgement {
  const asked = [facts.account, facts.calls, facts.webhooks];
  if (asked.some(isForbidden)) {
    return fail('Webex refuses the account what an administrator may.', `Give it ${WEBEX_ROLE} in Control Hub.`);
  }
  if (asked.every((one) => one.state === 'answered')) {
    return pass('Users, ended calls and subscriptions may be read, which takes an administrator’s role.');
  }
  return unknown(
    'Not everything that takes the role was answered.',
    'Look into Control Hub (Users › roles) and confirm.',
  );
}

function judgeScopes({ person, account, webhooks }: PreflightFacts): Judgement {
  const refused = [
    isForbidden(person) && 'spark:people_read',
    isForbidden(account) && 'cjp:config_read',
    isForbidden(webhooks) && 'cjp:config_write',
  ].filter((scope) => scope !== false);
  if (refused.length > 0) {
    return fail(
      `Webex refused what these scopes allow: ${refused.join(', ')}.`,
      'Add them to the integration at Webex and to WEBEX_SCOPES, then authorize the ACD again.',
    );
  }
  if ([person, account, webhooks].every((one) => one.state === 'answered')) {
    return pass('People, configuration and subscriptions may be read.');
  }
  return unknown(
    'Not everything that takes the scopes was answered.',
    'Run the preflight again, or confirm this check.',
  );
}

function judgeSkew({ person }: PreflightFacts): Judgement {
  return judged(person, ({ skewMs }) => {
    if (skewMs === null) return unknown('Webex told no time.', 'Compare the clock with a time server and confirm.');
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    if (Math.abs(skewMs) <= MAX_SKEW_MS) return pass(`Our clock and Webex’s differ by ${seconds} s at most.`);
    return fail(
      `Our clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} Webex’s.`,
      'Synchronize the clocks of the database server and of the machines that the services run on (NTP).',
    );
  });
}

function judgeSynchronized({ account }: PreflightFacts): Judgement {
  return judged(account, (found) => {
    if (found === null) {
      return fail(
        'The Contact Center’s users do not have the account.',
        'In Control Hub: Contact Center › General › Synchronize Users, then look under Provisioning › Users.',
      );
    }
    if (found.isActive === false) {
      return fail('The account is there, but not active.', 'Activate it in Control Hub, then synchronize the users.');
    }
    return pass('The account is among the Contact Center’s users.');
  });
}

function judgeContactCenterEnabled({ account }: PreflightFacts): Judgement {
  return judged(account, (found) => {
    if (found === null) return fail('The account is not synchronized yet.', 'Synchronize the users first.');
    if (found.isContactCenterEnabled === null)
      return unknown('Webex does not tell.', 'Look under Provisioning › Users.');
    if (!found.isContactCenterEnabled) return pass('“Contact Center Enabled” is No.');
    return fail(
      '“Contact Center Enabled” is Yes: the account would be imported as an agent.',
      'Set it to No for this account under Provisioning › Users, as it handles no contacts.',
    );
  });
}

export const CONNECTION_CHECKS: readonly Check[] = [
  {
    id: 'account-form',
    title: 'The username is a full address of the organization’s own domain, not a personal mailbox',
    guideSection: `${CONFIGURE} › Prerequisites`,
    judge: ({ acd, usernameRefusal }) =>
      usernameRefusal === null
        ? pass(`${acd.username} has the form user@domain, and its domain is none of personal mailboxes.`)
        : fail(usernameRefusal, 'Configure an administrator account of the organization’s own domain.'),
  },
  {
    id: 'account-origin',
    title: 'The account was created by Active Directory sync or by hand in the Cisco admin portal',
    guideSection: `${CONFIGURE} › Prerequisites`,
    judge: byEye(
      'Ask who created it. If Active Directory sync is switched on later, its address must exist there, or users and teams double.',
    ),
  },
  {
    id: 'credentials-never-expire',
    title: 'The account’s password never expires',
    guideSection: CONFIGURE,
    judge: byEye('Look at the password policy of the account: Webex revokes its tokens when the password expires.'),
  },
  {
    id: 'api-access',
    title: 'The account may use the Webex Contact Center API',
    guideSection: `${CONFIGURE} › Prerequisites`,
    judge: judgeApiAccess,
  },
  {
    id: 'media-api-access',
    title: 'The account may use the Media API',
    guideSection: `${CONFIGURE} › Prerequisites`,
    judge: judgeMediaAccess,
  },
  {
    id: 'licences',
    title: 'The account has the licences for messaging, meetings, calling and Contact Center (Premium Agent)',
    guideSection: ROLES_SECTION,
    judge: byEye('Look at the account’s licences in Control Hub (Users) and compare them with the guide’s table.'),
  },
  {
    id: 'roles',
    title: 'The account has the Contact Center administrator’s role',
    guideSection: ROLES_SECTION,
    judge: judgeRoles,
  },
  {
    id: 'account-synchronized',
    title: 'The account is synchronized to the Contact Center',
    guideSection: `${CONFIGURE} › Configure Contact Center settings`,
    judge: judgeSynchronized,
  },
  {
    id: 'contact-center-enabled',
    title: '“Contact Center Enabled” is No for the account',
    guideSection: `${CONFIGURE} › Configure Contact Center settings`,
    judge: judgeContactCenterEnabled,
  },
  {
    id: 'global-access',
    title: '“Global Access Enabled” is on',
    guideSection: `${CONFIGURE} › Configure Apps settings`,
    judge: byEye('Look at Control Hub › Apps › General.'),
  },
  {
    id: 'organization',
    title: 'The token is of the configured organization',
    guideSection: `${CONFIGURE} › Locate your Organization ID`,
    judge: judgeOrganization,
  },
  {
    id: 'api-region',
    title: 'The API URL is one of the published regions',
    guideSection: `${CONFIGURE} › Map API endpoints`,
    judge: ({ acd, region }) =>
      region !== null
        ? pass(`${acd.apiUrl} is the API of the region ${region}.`)
        : unknown(
            `${acd.apiUrl} is none of the published regions.`,
            'If it is meant so (a proxy, 1.0), confirm this check.',
          ),
  },
  {
    id: 'portal-login',
    title: 'The account can log in to the developer portal and to web.webex.com',
    guideSection: `${CONFIGURE} › Validate the configuration`,
    judge: byEye(
      'Log in to both in a private browser window; if one refuses, open a ticket with Cisco or your partner.',
    ),
  },
  {
    id: 'pro-pack-access',
    title: 'With Pro Pack: the integration is allowed for all users',
    guideSection: `${CONFIGURE} › Enable the integration with Pro Pack`,
    judge: byEye(
      'Without Pro Pack nothing is to do. With it: Control Hub › Apps › Integrations, allow the integration, Access for Future Users on, All users.',
    ),
  },
  {
    id: 'authorized',
    title: 'The connection is authorized',
    guideSection: CONNECT,
    judge: judgeAuthorized,
  },
  { id: 'same-account', title: 'The configured account authorized it', guideSection: CONNECT, judge: judgeAccount },
  { id: 'api-reachable', title: 'The API URL can be reached', guideSection: CONNECT, judge: judgeReach },
  {
    id: 'scopes',
    title: 'The authorization has the scopes that are needed',
    guideSection: CONNECT,
    judge: judgeScopes,
  },
  { id: 'clock-skew', title: 'Our clock is right', guideSection: CONNECT, judge: judgeSkew },
  ...ROLE_CHECKS,
];
